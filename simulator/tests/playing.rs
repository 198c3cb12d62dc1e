//! The simulator itself: the same seeds come to the same whatever the threads, and a case that fails can be shrunk.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use jitney_simulator::options::Options;
use jitney_simulator::promises::Promise;
use jitney_simulator::report::{play_all, summary, waits};
use jitney_simulator::seen::Totals;
use jitney_simulator::shrink;
use jitney_simulator::world::Play;

fn options(arguments: &[&str]) -> Options {
    Options::read(arguments.iter().map(|argument| (*argument).to_owned())).expect("good arguments")
}

fn plays(options: &Options, seeds: u64) -> Vec<Play> {
    (1..=seeds).map(|seed| options.play(seed)).collect()
}

#[test]
fn threads_change_nothing() {
    let plays = plays(&options(&["--jobs", "20"]), 40);
    let said = |threads| {
        let mut totals = Totals::default();
        for (seen, broken, _) in play_all(&plays, threads) {
            assert_eq!(broken, None);
            totals.add(&seen);
        }
        totals.sort();
        summary(&totals, 40) + &waits(&totals)
    };
    assert_eq!(said(1), said(3));
}

#[test]
fn a_case_that_fails_is_shrunk() {
    // Nobody can promise that a job has a runner at once.
    let mut plays = plays(&options(&["--jobs", "60", "--kind", "slow boots"]), 3);
    for play in &mut plays {
        play.promises = vec![Promise::Course, Promise::Spare, Promise::Held, Promise::Bound];
    }
    let impossible = Box::leak(Box::new(jitney_simulator::faults::Kind { bound: 1000, ..*plays[0].kind }));
    for play in &mut plays {
        play.kind = impossible;
    }
    let played = play_all(&plays, 2);
    let at = played.iter().position(|(_, broken, _)| broken.is_some()).expect("one fails");
    let broken = played[at].1.clone().expect("it fails");
    let shrunk = shrink::shrink(&plays[at], &broken, 2);
    assert_eq!(shrunk.jobs, 1, "{}", shrink::command(&shrunk));
    assert!(shrink::command(&shrunk).contains("--without cancels"));
}
