//! Which of a webhook's deliveries are worth looking into: those nearest to the times at which the job changed.

use super::facts::{Job, RecentDelivery};
use jitney::github::delivery::Attempt;
use jitney::words::ids::Guid;
use jitney::words::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// How many deliveries are looked into for the job's queueing, and for each later change of it.
const QUEUED: usize = 20;
const LATER: usize = 6;

/// A delivery that may be about the job.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Its newest attempt, whose answer is the one that counts.
    pub(super) newest: Attempt,
    /// When it was first tried.
    pub(super) first: Timestamp,
    /// How often it was tried.
    pub(super) attempts: usize,
    /// Whether it is known to be about the job, or was asked for.
    sure: bool,
}

/// The deliveries to look into, the likeliest first. Without a job, the one that was `named` alone. What the host knows
/// to be about another job is left out.
pub(super) fn choose(
    listed: Vec<Attempt>,
    job: Option<&Job>,
    named: Option<&Guid>,
    recent: &[RecentDelivery],
) -> VecDeque<Candidate> {
    let mut by_guid: BTreeMap<Guid, Candidate> = BTreeMap::new();
    for attempt in listed {
        let row =
            recent.iter().find(|row| row.delivery() == Some(&attempt.guid) && row.answered.job.is_some());
        let ours = row.map(|row| row.answered.job == job.map(|job| job.id));
        let sure = Some(&attempt.guid) == named || ours == Some(true);
        if !sure && (ours == Some(false) || job.is_none()) {
            continue;
        }
        let new = Candidate { first: attempt.at, newest: attempt.clone(), attempts: 0, sure };
        let candidate = by_guid.entry(attempt.guid.clone()).or_insert(new);
        candidate.attempts += 1;
        candidate.first = candidate.first.min(attempt.at);
        if attempt.at > candidate.newest.at || attempt.id > candidate.newest.id {
            candidate.newest = attempt;
        }
    }
    let all: Vec<Candidate> = by_guid.into_values().collect();
    let Some(job) = job else { return all.into() };
    let moments = [
        ("queued", job.created, QUEUED),
        ("in_progress", job.started.filter(|_| job.runner.is_some()), LATER),
        ("completed", job.completed, LATER),
    ];
    let mut chosen = VecDeque::new();
    for (action, moment, most) in moments {
        let Some(moment) = moment else { continue };
        let mut near: Vec<&Candidate> = all.iter().filter(|one| one.newest.action == action).collect();
        near.sort_by_key(|one| (!one.sure, one.first.since(moment).max(moment.since(one.first))));
        chosen.extend(near.into_iter().take(most).cloned());
    }
    chosen
}
