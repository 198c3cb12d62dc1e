//! Deliveries that GitHub could not make, asked for again: GUIDs without a success, over all that GitHub still keeps.

use crate::github::delivery::Attempt;
use crate::words::ids::{DeliveryId, Guid};
use crate::words::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// How long GitHub keeps deliveries, in milliseconds: three days, on an Enterprise Server seven.
const LOOK_BACK: u64 = 3 * 24 * 3_600_000;
const LOOK_BACK_SERVER: u64 = 7 * 24 * 3_600_000;
/// The wait after a delivery's first failure, doubled at each further one.
const WAIT: u64 = 60_000;
/// The longest wait.
const LONGEST: u64 = 6 * 3_600_000;
/// The most that one sweep redelivers of one hook: a redelivery counts as content, of which GitHub takes 80 a minute.
const MOST: usize = 25;
/// The most pages that one sweep reads of one hook's failures, and of its successes.
const FAILURE_PAGES: u32 = 5;
const SUCCESS_PAGES: u32 = 20;

/// One hook's failed deliveries, on the way to being redelivered.
#[derive(Debug, Default)]
pub(super) struct Redelivery {
    failed: BTreeMap<Guid, Failed>,
    /// Those whose newest attempt was answered with a reason: what was tried before it no longer counts.
    settled: BTreeSet<Guid>,
    pages: u32,
    /// Whether the failures are known, and the successes being read.
    pub(super) succeeded: bool,
}

#[derive(Clone, Debug)]
struct Failed {
    newest: DeliveryId,
    at: Timestamp,
    attempts: u32,
}

impl Redelivery {
    /// Takes in a page, the newest first; whether the next one is wanted.
    pub(super) fn read(&mut self, page: &[Attempt], server: bool, now: Timestamp) -> bool {
        let kept = if server { LOOK_BACK_SERVER } else { LOOK_BACK };
        self.pages += 1;
        let since = if self.succeeded { self.oldest() } else { Timestamp(now.0.saturating_sub(kept)) };
        for attempt in page {
            if self.succeeded {
                self.failed.remove(&attempt.guid);
            } else if attempt.at >= since {
                self.note(attempt);
            }
        }
        let limit = if self.succeeded { SUCCESS_PAGES } else { FAILURE_PAGES };
        self.pages < limit && page.last().is_none_or(|last| last.at >= since) && !self.nothing_left()
    }

    fn nothing_left(&self) -> bool {
        self.succeeded && self.failed.is_empty()
    }

    fn note(&mut self, attempt: &Attempt) {
        if self.settled.contains(&attempt.guid) {
            return;
        }
        if let Some(known) = self.failed.get_mut(&attempt.guid) {
            known.attempts += 1;
        } else if !attempt.is_worth_another() {
            self.settled.insert(attempt.guid.clone());
        } else {
            let failed = Failed { newest: attempt.id, at: attempt.at, attempts: 1 };
            self.failed.insert(attempt.guid.clone(), failed);
        }
    }

    fn oldest(&self) -> Timestamp {
        self.failed.values().map(|failed| failed.at).min().unwrap_or(Timestamp(u64::MAX))
    }

    /// The failures are known: whether the successes must be read too.
    pub(super) fn turn(&mut self, now: Timestamp) -> bool {
        self.failed.retain(|_, failed| failed.is_due(now));
        (self.succeeded, self.pages) = (true, 0);
        !self.failed.is_empty()
    }

    /// What is to be redelivered, the oldest first.
    pub(super) fn due(self) -> Vec<DeliveryId> {
        let mut due: Vec<_> = self.failed.into_values().collect();
        due.sort_by_key(|failed| failed.at);
        due.into_iter().take(MOST).map(|failed| failed.newest).collect()
    }
}

impl Failed {
    fn is_due(&self, now: Timestamp) -> bool {
        let wait = WAIT.saturating_mul(2_u64.saturating_pow(self.attempts)).min(LONGEST);
        now.since(self.at) >= wait
    }
}

#[cfg(test)]
mod tests {
    use super::{Failed, LONGEST, Timestamp, WAIT};
    use crate::words::ids::DeliveryId;

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_stays_there() {
        let waits = |attempts: u32, wait: u64| {
            let failed = Failed { newest: DeliveryId(1), at: Timestamp(0), attempts };
            !failed.is_due(Timestamp(wait - 1)) && failed.is_due(Timestamp(wait))
        };
        assert!(waits(1, 2 * WAIT) && waits(2, 4 * WAIT));
        assert!((9..600).all(|attempts| waits(attempts, LONGEST)));
    }
}
