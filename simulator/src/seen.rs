//! What was seen in one world, and in many.

use crate::promises::Promise;
use std::collections::{BTreeMap, BTreeSet};

/// What one world came to.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The kind of world.
    pub kind: &'static str,
    /// How many jobs there were.
    pub jobs: u64,
    /// How many sandboxes were started, and registrations made.
    pub sandboxes: u64,
    /// See `sandboxes`.
    pub mints: u64,
    /// Runners that took a job that they were not meant for.
    pub stolen: u64,
    /// Hosts that were killed or replaced.
    pub kills: u64,
    /// Faults that struck.
    pub faults: u64,
    /// What sandboxes cost, in billionths of a dollar; how many lived at once, and were started in one second, at most.
    pub cost: u64,
    /// See `cost`.
    pub most: u64,
    /// See `cost`.
    pub burst: u64,
    /// Requests within the time in which jobs came, and in all, by endpoint; the second of sweeps only.
    pub requests: BTreeMap<String, u64>,
    /// See `requests`.
    pub all_requests: u64,
    /// Requests to which GitHub said that nothing changed, which it does not count.
    pub unchanged: u64,
    /// Requests of sweeps, within the time in which jobs came.
    pub swept: u64,
    /// From created to running, in milliseconds, for each job of ours that ran.
    pub waits: Vec<u64>,
    /// Promises that were broken and are off.
    pub off: BTreeSet<Promise>,
    /// The most requests and the most deferrals of one job.
    pub most_asked: (u64, u64),
    /// The longest that was left of a job after its end, in milliseconds.
    pub longest_left: u64,
}

/// What many worlds came to.
#[derive(Debug, Default)]
pub struct Totals {
    /// All together.
    pub all: Seen,
    /// By kind of world.
    pub kinds: BTreeMap<&'static str, Seen>,
    /// Seeds in which a promise that is off was broken.
    pub off: BTreeMap<Promise, u64>,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.sandboxes += other.sandboxes;
        self.mints += other.mints;
        self.stolen += other.stolen;
        self.kills += other.kills;
        self.faults += other.faults;
        self.cost += other.cost;
        self.most = self.most.max(other.most);
        self.burst = self.burst.max(other.burst);
        for (endpoint, count) in &other.requests {
            *self.requests.entry(endpoint.clone()).or_default() += count;
        }
        self.all_requests += other.all_requests;
        self.unchanged += other.unchanged;
        self.swept += other.swept;
        self.waits.extend(&other.waits);
        self.most_asked.0 = self.most_asked.0.max(other.most_asked.0);
        self.most_asked.1 = self.most_asked.1.max(other.most_asked.1);
        self.longest_left = self.longest_left.max(other.longest_left);
    }

    /// Its waits in order.
    pub fn sort(&mut self) {
        self.waits.sort_unstable();
    }

    /// The wait, in milliseconds, that so many of ten thousand jobs do not exceed. `sort` comes first.
    pub fn wait(&self, of_ten_thousand: u64) -> u64 {
        let last = self.waits.len().saturating_sub(1) as u64;
        let at = usize::try_from((last * of_ten_thousand).div_ceil(10_000)).unwrap_or(0);
        self.waits.get(at).copied().unwrap_or(0)
    }
}

impl Totals {
    /// Takes one world in.
    pub fn add(&mut self, seen: &Seen) {
        self.all.add(seen);
        self.kinds.entry(seen.kind).or_default().add(seen);
        for promise in &seen.off {
            *self.off.entry(*promise).or_default() += 1;
        }
    }

    /// Puts all waits in order.
    pub fn sort(&mut self) {
        self.all.sort();
        self.kinds.values_mut().for_each(Seen::sort);
    }
}
