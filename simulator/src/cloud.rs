//! The model of Modal: sandboxes with tags and names, a listing that lags, names that linger.

use jitney::course::{Sandbox as Shown, Start};
use std::collections::BTreeMap;

/// A sandbox.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Its name.
    pub name: String,
    /// Its tags; the first it was started with, unless a hand-over set others.
    pub tags: Vec<(String, String)>,
    /// The job of its tag.
    pub job: u64,
    /// The course that started it.
    pub course: u64,
    /// When it was started, and when its entrypoint reads.
    pub began: u64,
    /// See `began`.
    pub reads: u64,
    /// From when on Modal's listing has it.
    pub listed: u64,
    /// The runner that it was handed.
    pub runner: Option<u64>,
    /// The run that its runner refuses, if it is there to refuse.
    pub refuses: Option<u64>,
    /// Whether Modal is still looking for a machine.
    pub scheduling: bool,
    /// The job that its runner had, once that is over.
    pub did: Option<u64>,
    /// What it costs a second, in billionths of a dollar.
    rate: u64,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Cloud {
    /// The sandboxes that live.
    pub living: BTreeMap<u64, Sandbox>,
    /// How sandboxes ended: 0 after a job.
    pub statuses: BTreeMap<u64, i32>,
    /// How many were started.
    pub started: u64,
    /// What those that ended cost, in billionths of a dollar.
    pub cost: u64,
    /// How many lived at once, and how many were started in one second, at the most.
    pub most: u64,
    /// See `most`.
    pub burst: u64,
    /// Whether a sandbox was started, handed a config, or ended since this was last looked at.
    pub changed: bool,
    second: (u64, u64),
    lingering: BTreeMap<String, u64>,
    /// When the last sandbox of a job ended.
    ends: BTreeMap<u64, u64>,
    /// Ended sandboxes that the listing still has, until then.
    stale: Vec<(u64, u64, Sandbox)>,
}

/// What became of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// The name is taken.
    Taken,
    /// As many live as may.
    Full,
    /// It lives.
    Lives(u64),
}

impl Cloud {
    /// Starts a sandbox that reads in `boot` milliseconds, and is listed after `lag`.
    pub fn start(&mut self, start: &Start, course: u64, now: u64, boot: u64, lag: u64) -> Started {
        let name = start.name.as_str();
        let lingers = self.lingering.get(name).is_some_and(|until| *until > now);
        if lingers || self.living.values().any(|living| living.name == name) {
            return Started::Taken;
        }
        if self.living.len() >= start.limit as usize {
            return Started::Full;
        }
        self.started += 1;
        let tags: Vec<(String, String)> =
            start.tags.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        let number = |name: &str| tags.iter().find(|(k, _)| k == name).and_then(|(_, v)| v.parse().ok());
        let told = |name: &str| start.environment.iter().find(|(k, _)| *k == name).map(|(_, v)| v.as_str());
        let sandbox = Sandbox {
            name: name.to_owned(),
            job: number("job").unwrap_or(0),
            rate: number("rate").unwrap_or(0),
            tags,
            course,
            began: now,
            reads: now + boot,
            listed: now + lag,
            runner: None,
            refuses: told("JITNEY_REFUSED_RUN").and_then(|run| run.parse().ok()),
            scheduling: false,
            did: None,
        };
        self.living.insert(self.started, sandbox);
        self.changed = true;
        self.most = self.most.max(self.living.len() as u64);
        self.second =
            if self.second.0 == now / 1000 { (self.second.0, self.second.1 + 1) } else { (now / 1000, 1) };
        self.burst = self.burst.max(self.second.1);
        Started::Lives(self.started)
    }

    /// Ends a sandbox. Its name stays taken and the listing has it for a while yet.
    pub fn end(&mut self, id: u64, now: u64, status: i32, lingers: u64, lag: u64) -> Option<Sandbox> {
        let ended = self.living.remove(&id)?;
        self.changed = true;
        self.cost += (now - ended.began) * ended.rate / 1000;
        self.statuses.insert(id, status);
        self.ends.insert(ended.job, now);
        self.lingering.insert(ended.name.clone(), now + lingers);
        if lag > 0 {
            self.stale.retain(|(until, ..)| *until > now);
            self.stale.push((now + lag, id, ended.clone()));
        }
        Some(ended)
    }

    /// When the last sandbox of a job ended, if none lives.
    pub fn last_end(&self, job: u64) -> Option<u64> {
        let lives = self.living.values().any(|living| living.job == job);
        if lives { Some(u64::MAX / 2) } else { self.ends.get(&job).copied() }
    }

    /// Modal's listing: what is wanted of the sandboxes that it has, with their ids.
    pub fn list(&self, now: u64, wanted: impl Fn(&Sandbox) -> bool) -> Vec<(u64, Shown)> {
        let living =
            self.living.iter().filter(|(_, s)| s.listed <= now && !s.scheduling).map(|(id, s)| (*id, s));
        let stale = self.stale.iter().filter(|(until, ..)| *until > now).map(|(_, id, s)| (*id, s));
        let found = living.chain(stale).filter(|(_, sandbox)| wanted(sandbox));
        found.map(|(id, s)| (id, Shown { id: id.to_string(), tags: s.tags.clone() })).collect()
    }

    /// The sandbox of this name: that is looked up, not listed, so it does not lag.
    pub fn named(&self, name: &str) -> Vec<(u64, Shown)> {
        let found = self.living.iter().filter(|(_, s)| s.name == name && !s.scheduling);
        found.map(|(id, s)| (*id, Shown { id: id.to_string(), tags: s.tags.clone() })).collect()
    }

    /// The sandbox that was handed a runner.
    pub fn of_runner(&self, runner: u64) -> Option<u64> {
        self.living.iter().find(|(_, sandbox)| sandbox.runner == Some(runner)).map(|(id, _)| *id)
    }
}
