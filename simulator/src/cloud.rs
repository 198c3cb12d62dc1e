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
    /// When it was started, and what it costs a second, in billionths of a dollar.
    began: u64,
    rate: u64,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Cloud {
    pub(crate) living: BTreeMap<u64, Living>,
    pub(crate) started: u64,
    /// What those that ended cost, in billionths of a dollar.
    pub(crate) cost: u64,
    /// How many lived at once, and how many were started in one second, at the most.
    pub(crate) most: u64,
    pub(crate) burst: u64,
    second: (u64, u64),
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
        let number = |name: &str| tags.iter().find(|(k, _)| k == name).and_then(|(_, v)| v.parse().ok());
        let (job, rate) = (number("job").expect("a job"), number("rate").expect("a rate"));
        let living =
            Living { name: name.to_owned(), tags, job, reads: now + boot, runner: None, began: now, rate };
        self.living.insert(self.started, living);
        self.most = self.most.max(self.living.len() as u64);
        self.second =
            if self.second.0 == now / 1000 { (self.second.0, self.second.1 + 1) } else { (now / 1000, 1) };
        self.burst = self.burst.max(self.second.1);
        Started::Lives(self.started)
    }

    /// Ends a sandbox; its name stays taken until `until`.
    pub(crate) fn end(&mut self, sandbox: u64, now: u64, until: u64, status: i32) -> Option<Living> {
        let ended = self.living.remove(&sandbox)?;
        self.cost += (now - ended.began) * ended.rate / 1000;
        self.statuses.insert(sandbox, status);
        self.lingering.insert(ended.name.clone(), until);
        Some(ended)
    }

    pub(crate) fn show(&self, wanted: impl Fn(&Living) -> bool) -> Vec<Sandbox> {
        let shown = self.living.iter().filter(|(_, living)| wanted(living));
        shown.map(|(id, living)| Sandbox { id: id.to_string(), tags: living.tags.clone() }).collect()
    }
}
