//! What the house remembers between sweeps, what it hands on to the next house, and what a sweep leaves to launches.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::house::{Account, Came, Claim, Errand, House, Limited, Living, Question, Rank, Room, Ruling};
use jitney::words::ids::{JobId, RunId, RunnerId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

const NOW: u64 = 1_800_000_000_000;
const NONE: [u64; 0] = [];

fn at(seconds: u64) -> Timestamp {
    Timestamp(NOW + seconds * 1000)
}

/// What is told at once.
fn ruling(house: &mut House, question: Question, seconds: u64) -> Ruling {
    let told = house.ask(1, question, at(seconds)).told;
    told.into_iter().find(|(course, _)| *course == 1).expect("a ruling at once").1
}

fn repository() -> Repository {
    Repository::parse("octo/x").expect("a name")
}

/// Of these runners without a sandbox those that may be deleted.
fn orphans(house: &mut House, runners: &[u64], seconds: u64) -> Vec<u64> {
    let runners = runners.iter().copied().map(RunnerId).collect();
    match ruling(house, Question::Orphans(runners), seconds) {
        Ruling::Runners(runners) => runners.into_iter().map(|runner| runner.0).collect(),
        other => panic!("{other:?}"),
    }
}

fn walked(house: &mut House) -> Vec<u64> {
    let runs = (1..=9).map(RunId).collect();
    match ruling(house, Question::Walk { repository: repository(), runs }, 0) {
        Ruling::Runs(runs) => runs.into_iter().map(|run| run.0).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_registration_goes_only_after_half_a_minute_without_a_sandbox() {
    let mut house = House::default();
    assert_eq!(orphans(&mut house, &[5], 0), NONE);
    assert_eq!(orphans(&mut house, &[5, 6], 29), NONE);
    assert_eq!(orphans(&mut house, &[5, 6], 30), [5]);
    assert_eq!(orphans(&mut house, &[6], 1800), [6]);
    // One that had a sandbox for an hour is found anew.
    assert_eq!(orphans(&mut house, &[5, 6], 30 + 3600), [6]);
}

#[test]
fn the_next_house_knows_what_this_one_learnt() {
    let mut old = House::default();
    let claim = Claim {
        job: JobId(8),
        delivery: None,
        resumed: false,
        found: false,
        repository: repository(),
        labels: "modal".to_owned(),
        launches: true,
    };
    assert_eq!(ruling(&mut old, Question::Claim(claim), 0), Ruling::First);
    ruling(&mut old, Question::Over(JobId(7), Some("jitney-7-abc".to_owned())), 0);
    assert_eq!(orphans(&mut old, &[5], 0), NONE);
    assert_eq!(walked(&mut old), [1, 2, 3, 4, 5, 6, 7, 8, 9], "nobody has looked yet");
    assert_eq!(walked(&mut old), [1, 2, 3]);
    let mut new = House::default();
    new.remember(&old.memory());
    assert_eq!(ruling(&mut new, Question::IsOver(JobId(7)), 0), Ruling::Over);
    assert_eq!(ruling(&mut new, Question::IsOver(JobId(8)), 0), Ruling::Go);
    assert_eq!(ruling(&mut new, Question::IsAtWork("jitney-7-abc".to_owned()), 0), Ruling::Over);
    assert_eq!(ruling(&mut new, Question::Repositories, 0), Ruling::Repositories(vec![repository()]));
    assert_eq!(orphans(&mut new, &[5], 60), [5]);
    assert_eq!(walked(&mut new), [4, 5, 6]);
}

#[test]
fn a_memory_that_cannot_be_read_is_as_good_as_none() {
    for text in ["", "{", "[]", r#"{"claims":{"over":"all"}}"#] {
        let mut house = House::default();
        house.remember(text);
        assert_eq!(ruling(&mut house, Question::IsOver(JobId(7)), 0), Ruling::Go, "{text}");
    }
}

#[test]
fn a_sweep_leaves_half_of_a_minutes_points_to_launches() {
    let mut house = House::default();
    let errand = |rank| Errand { account: Account::Token, rank, changes: false, mints: false, listing: None };
    let fine = || Came {
        account: Account::Token,
        limited: Limited::No,
        left: None,
        listing: None,
        well: Some(true),
    };
    for course in 0..450 {
        let told = house.ask(course, Question::Send(errand(Rank::Sweep)), at(0)).told;
        assert_eq!(told, [(course, Ruling::Go)]);
        house.ask(course, Question::Came(fine()), at(0));
    }
    assert_eq!(house.ask(900, Question::Send(errand(Rank::Sweep)), at(1)).told, []);
    assert_eq!(house.ask(901, Question::Send(errand(Rank::Launch)), at(1)).told, [(901, Ruling::Go)]);
    house.ask(901, Question::Came(fine()), at(1));
    assert_eq!(house.tick(at(60)).told, [(900, Ruling::Go)]);
}

#[test]
fn a_sandbox_that_ended_takes_no_place_while_modal_still_lists_it() {
    let mut house = House::default();
    let room = || {
        let (account, place) = (Account::Token, Some((1, 1)));
        Question::Room(Room { repository: repository(), created: None, account, place, turn: None })
    };
    assert_eq!(ruling(&mut house, room(), 0), Ruling::Go);
    assert_eq!(ruling(&mut house, Question::Started("sb-1".to_owned()), 0), Ruling::Go);
    assert_eq!(ruling(&mut house, Question::Ended("sb-1".to_owned()), 5), Ruling::Go);
    house.leave(1, at(5));
    let listed = vec![Living { sandbox: "sb-1".to_owned(), repository: Some(repository()) }];
    assert_eq!(ruling(&mut house, Question::Lives(listed), 6), Ruling::Go);
    assert_eq!(ruling(&mut house, room(), 6), Ruling::Go);
}

#[test]
fn the_end_of_an_outage_is_told_once() {
    let mut house = House::default();
    let mut came = |well| {
        let came = Came {
            account: Account::Token,
            limited: Limited::No,
            left: None,
            listing: None,
            well: Some(well),
        };
        house.ask(1, Question::Came(came), at(0)).back
    };
    assert_eq!([true, false, false, false, false, true].map(&mut came), [false; 6], "four are no outage");
    assert_eq!([false; 5].map(&mut came), [false; 5]);
    assert_eq!([true, true].map(&mut came), [true, false]);
}
