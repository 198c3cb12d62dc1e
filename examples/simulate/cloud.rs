//! The model of Modal: sandboxes with names that linger, boots that take their time, machines that die.

use jitney::course::{Sandbox, Start};
use std::collections::BTreeMap;

/// A sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Living {
    pub(crate) name: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) job: u64,
    /// When its entrypoint reads.
    pub(crate) reads: u64,
    /// The runner that it was handed.
    pub(crate) runner: Option<u64>,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) living: BTreeMap<u64, Living>,
    pub(crate) started: u64,
    /// How sandboxes ended: 0 after a job.
    pub(crate) statuses: BTreeMap<u64, i32>,
    /// Names of ended sandboxes, and until when they stay taken.
    lingering: BTreeMap<String, u64>,
}

/// What became of a start.
pub(crate) enum Started {
    Taken,
    Full,
    Lives(u64),
}

impl Cloud {
    pub(crate) fn start(&mut self, start: &Start, now: u64, boot: u64) -> Started {
        let name = start.name.as_str();
        let taken = self.living.values().any(|living| living.name == name)
            || self.lingering.get(name).is_some_and(|until| *until > now);
        if taken {
            return Started::Taken;
        }
        if self.living.len() >= start.limit as usize {
            return Started::Full;
        }
        self.started += 1;
        let tags: Vec<(String, String)> =
            start.tags.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let job = tags.iter().find(|(k, _)| k == "job").and_then(|(_, v)| v.parse().ok()).expect("a job");
        let living = Living { name: name.to_owned(), tags, job, reads: now + boot, runner: None };
        self.living.insert(self.started, living);
        Started::Lives(self.started)
    }

    /// Ends a sandbox; its name stays taken until `until`.
    pub(crate) fn end(&mut self, sandbox: u64, until: u64, status: i32) -> Option<Living> {
        let ended = self.living.remove(&sandbox)?;
        self.statuses.insert(sandbox, status);
        self.lingering.insert(ended.name.clone(), until);
        Some(ended)
    }

    pub(crate) fn show(&self, wanted: impl Fn(&Living) -> bool) -> Vec<Sandbox> {
        let shown = self.living.iter().filter(|(_, living)| wanted(living));
        shown.map(|(id, living)| Sandbox { id: id.to_string(), tags: living.tags.clone() }).collect()
    }
}
