//! What will happen, in order.

use jitney::course::Event;

/// What is in the agenda.
#[derive(Debug)]
pub(super) enum Happening {
    /// A job is created.
    Job(u64),
    /// A job that waited is approved.
    Approved(u64),
    /// An attempt to deliver arrives.
    Delivery(usize),
    /// Somebody has an old delivery made again.
    Again(usize),
    /// A course hears.
    Told(u64, Box<Event>),
    /// A course that watches a sandbox has watched it long enough.
    Watched(u64, u64),
    /// A course outlives the answer's time, and is kept.
    Keep(u64),
    /// A kept ticket is due.
    Due(u64),
    /// Something may be due in a host's house.
    House(u64),
    Sweep,
    /// A sweep beside those that come in their time.
    SweepOnce,
    /// The next host begins.
    HostUp,
    /// A second host begins.
    Deploy,
    /// A host that was replaced is stopped.
    HostStops(u64),
    Cancelled(u64),
    /// Modal found a machine for a sandbox, or none; the course hears.
    Scheduled(u64, u64, bool),
    /// A runner connects.
    Online(u64, u64),
    /// GitHub gives a job to this runner, or a runner to this job.
    PairUp(Option<u64>, Option<u64>),
    /// A job is done.
    Done(u64, u64),
    /// A sandbox is done with what comes after its job.
    Finished(u64),
    /// A sandbox gives up: it got no config.
    NoConfig(u64),
    /// A sandbox gives up: its runner got no job.
    NoJob(u64),
    /// A runner notices that it is registered no longer.
    Orphaned(u64),
    /// GitHub deletes an idle runner.
    IdleDeleted(u64),
    Dies(u64),
    /// GitHub gives up a job whose runner is lost.
    LostContact(u64),
    /// A job must have been taken by now.
    Bound(u64),
    /// Nothing of a job may be left by now.
    Left(u64),
}

impl Happening {
    /// Whether it only looks, so that the world may end before it.
    pub(super) fn only_looks(&self) -> bool {
        matches!(self, Self::Sweep | Self::Bound(_) | Self::Left(_))
    }
}

/// When, in which order, and what.
#[derive(Debug)]
pub(super) struct Entry(pub(super) u64, pub(super) u64, pub(super) Happening);

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.1 == other.1
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}
