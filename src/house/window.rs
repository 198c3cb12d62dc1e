//! So many of a kind within a while.

use crate::words::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// Kinds that are counted, by name.
#[derive(Debug, Default)]
pub(super) struct Permits {
    done: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Permits {
    /// Counts one more, if there may be one.
    pub(super) fn permit(&mut self, name: String, most: u32, within: u32, now: Timestamp) -> bool {
        let done = self.done.entry(name).or_default();
        let span = u64::from(within) * 1000;
        while done.front().is_some_and(|at| now.since(*at) >= span) {
            done.pop_front();
        }
        let permitted = done.len() < usize::try_from(most).unwrap_or(usize::MAX);
        if permitted {
            done.push_back(now);
        }
        permitted
    }
}

/// Milliseconds for which GitHub counts a request.
pub(super) const MINUTE: u64 = 60_000;

/// What requests cost, of each of GitHub's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Points: 1 for a request that changes nothing, else 5.
    pub(super) points: u32,
    /// Requests that change something.
    pub(super) changes: u32,
    /// Registrations.
    pub(super) mints: u32,
}

impl Cost {
    /// A registration's.
    pub(super) const MINT: Self = Self { points: 5, changes: 1, mints: 1 };

    pub(super) fn of(changes: bool, mints: bool) -> Self {
        Self { points: if changes { 5 } else { 1 }, changes: u32::from(changes), mints: u32::from(mints) }
    }

    fn and(self, other: Self) -> Self {
        Self {
            points: self.points + other.points,
            changes: self.changes + other.changes,
            mints: self.mints + other.mints,
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            points: self.points.saturating_sub(other.points),
            changes: self.changes.saturating_sub(other.changes),
            mints: self.mints.saturating_sub(other.mints),
        }
    }

    fn within(self, limits: Self) -> bool {
        self.points <= limits.points && self.changes <= limits.changes && self.mints <= limits.mints
    }
}

/// What the last minute's requests cost. One counts from when it is permitted until a minute after its response: when
/// between the two GitHub counted it, nobody can know.
#[derive(Debug, Default)]
pub(super) struct Window {
    total: Cost,
    done: VecDeque<(Timestamp, Cost)>,
}

impl Window {
    pub(super) fn take(&mut self, cost: Cost) {
        self.total = self.total.and(cost);
    }

    pub(super) fn give_back(&mut self, cost: Cost) {
        self.total = self.total.less(cost);
    }

    /// A request that was taken into account has had its response.
    pub(super) fn done(&mut self, cost: Cost, now: Timestamp) {
        self.done.push_back((now, cost));
    }

    pub(super) fn pass(&mut self, now: Timestamp) {
        while let Some((at, cost)) = self.done.front().copied()
            && now.since(at) >= MINUTE
        {
            self.done.pop_front();
            self.total = self.total.less(cost);
        }
    }

    pub(super) fn admits(&self, cost: Cost, limits: Cost) -> bool {
        self.total.and(cost).within(limits)
    }

    /// When it will, as far as that can be known.
    pub(super) fn admits_at(&self, cost: Cost, limits: Cost) -> Option<Timestamp> {
        let mut total = self.total.and(cost);
        for (at, passed) in &self.done {
            total = total.less(*passed);
            if total.within(limits) {
                return Some(Timestamp(at.0.saturating_add(MINUTE)));
            }
        }
        None
    }
}
