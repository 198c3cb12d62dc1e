//! What a process does about the one before it: how long tickets may wait, and how soon to look what was lost.

use crate::words::time::Timestamp;

/// Milliseconds for which a ticket waits at most. No deferral is longer, so one that seems to be was written under
/// another clock, and would put its job to sleep.
pub const LONGEST_WAIT: u64 = 3_600_000;
/// Milliseconds until a process sweeps after one that did not end as it should, and how old the last sweep may be.
const RESTARTED: u64 = 20_000;
const SWEPT_WITHIN: u64 = 300_000;

/// In how many milliseconds a process that begins sweeps, beside the regular sweeps. What ran in a process that was
/// killed is known to nobody else; and where nobody swept for long, the next regular sweep is too far.
pub fn first_sweep(ended_well: bool, swept: Option<Timestamp>, now: Timestamp) -> Option<u64> {
    let is_fresh = |swept: Timestamp| swept <= now && now.since(swept) <= SWEPT_WITHIN;
    let is_well = ended_well && swept.is_some_and(is_fresh);
    (!is_well).then_some(RESTARTED)
}
