//! How soon a process sweeps, by how the one before it ended.

use jitney::house::first_sweep;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_000_000_000);

fn ago(milliseconds: u64) -> Timestamp {
    Timestamp(NOW.0 - milliseconds)
}

#[test]
fn after_one_that_ended_well_and_a_recent_sweep_there_is_no_hurry() {
    assert_eq!(first_sweep(true, Some(ago(0)), NOW), None);
    assert_eq!(first_sweep(true, Some(ago(300_000)), NOW), None);
}

#[test]
fn what_a_killed_one_left_is_looked_for_soon() {
    assert_eq!(first_sweep(false, Some(ago(0)), NOW), Some(20_000));
}

#[test]
fn an_old_sweep_none_and_one_in_the_future_are_no_sweep() {
    assert_eq!(first_sweep(true, Some(ago(300_001)), NOW), Some(20_000));
    assert_eq!(first_sweep(true, None, NOW), Some(20_000));
    assert_eq!(first_sweep(true, Some(Timestamp(NOW.0 + 1)), NOW), Some(20_000));
}
