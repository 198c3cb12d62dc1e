//! Registrations that a sweep found without a sandbox. One whose sandbox is merely not listed yet looks the same, so
//! only what was without one for a while is deleted.

use crate::words::ids::RunnerId;
use crate::words::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Milliseconds for which a listing may not show a sandbox that was started.
const A_WHILE: u64 = 30_000;
/// Milliseconds after which one that was not found again is forgotten.
const FORGOTTEN: u64 = 3_600_000;
/// How many are remembered.
const MOST: usize = 10_000;

/// When each was first found, and when last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Orphans {
    found: BTreeMap<RunnerId, (Timestamp, Timestamp)>,
}

impl Orphans {
    /// Takes over what another house found.
    pub(super) fn remember(&mut self, kept: Self) {
        self.found.extend(kept.found.into_iter().take(MOST));
    }

    /// Of these those that were found a while ago already.
    pub(super) fn before(&mut self, runners: Vec<RunnerId>, now: Timestamp) -> Vec<RunnerId> {
        self.found.retain(|_, (_, last)| now.since(*last) < FORGOTTEN);
        let mut before = Vec::new();
        for runner in runners {
            if !self.found.contains_key(&runner) && self.found.len() >= MOST {
                continue;
            }
            let (first, last) = self.found.entry(runner).or_insert((now, now));
            *last = now;
            if now.since(*first) >= A_WHILE {
                before.push(runner);
            }
        }
        before
    }
}
