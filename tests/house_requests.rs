//! The house's requests: GitHub's limits kept, launches first, and GitHub left alone when it wants to be.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::house::{Account, Came, Errand, House, Limited, Question, Rank, Room, Ruling};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

const NOW: u64 = 1_800_000_000_000;
const GET: Errand =
    Errand { account: Account::Token, rank: Rank::Launch, changes: false, listing: None, mints: false };
const MINT: Errand = Errand { changes: true, mints: true, ..GET };

fn at(ms: u64) -> Timestamp {
    Timestamp(NOW + ms)
}

/// Who goes, of those told.
fn gone(told: Vec<(u64, Ruling)>) -> Vec<u64> {
    told.into_iter().filter(|(_, ruling)| *ruling == Ruling::Go).map(|(course, _)| course).collect()
}

fn send(house: &mut House, course: u64, errand: Errand, ms: u64) -> Vec<(u64, Ruling)> {
    house.ask(course, Question::Send(errand), at(ms)).told
}

fn fine() -> Came {
    Came { account: Account::Token, limited: Limited::No, left: None, listing: None, well: Some(true) }
}

/// Tells what came of a request; who is told what, but for the course itself.
fn came(house: &mut House, course: u64, came: Came, ms: u64) -> Vec<(u64, Ruling)> {
    let told = house.ask(course, Question::Came(came), at(ms)).told;
    assert!(told.contains(&(course, Ruling::Go)));
    told.into_iter().filter(|(other, _)| *other != course).collect()
}

fn turn(repository: &str, pace: u32) -> Question {
    let repository = Repository::parse(repository).expect("a name");
    let (account, turn) = (Account::Token, Some(pace));
    Question::Room(Room { repository, created: None, account, place: None, turn })
}

#[test]
fn no_more_than_a_hundred_are_on_their_way_at_once() {
    let mut house = House::default();
    let sent = (0..150).filter(|course| !send(&mut house, *course, GET, 0).is_empty()).count();
    assert_eq!(sent, 100);
    assert_eq!(came(&mut house, 3, fine(), 10), [(100, Ruling::Go)], "the first of those who wait");
    house.leave(4, at(11));
    assert_eq!(gone(house.leave(5, at(12)).told), [102], "who is lost is not waited for");
}

#[test]
fn a_minute_has_nine_hundred_points_and_counts_from_the_response() {
    let mut house = House::default();
    for course in 0..900 {
        assert_eq!(send(&mut house, course, GET, 0), [(course, Ruling::Go)]);
        came(&mut house, course, fine(), 20);
    }
    assert_eq!(send(&mut house, 1000, GET, 30), []);
    let due = house.tick(at(31)).due;
    assert_eq!(due, Some(at(60_020)));
    assert_eq!(house.tick(at(60_019)).told, []);
    assert_eq!(house.tick(at(60_020)).told, [(1000, Ruling::Go)]);
}

#[test]
fn a_minute_has_a_hundred_and_eighty_changes_and_as_many_mints_as_were_set() {
    let mut house = House::default();
    let deletion = Errand { changes: true, ..GET };
    for course in 0..180 {
        assert_eq!(send(&mut house, course, deletion.clone(), 0), [(course, Ruling::Go)]);
        came(&mut house, course, fine(), 0);
    }
    assert_eq!(send(&mut house, 500, deletion, 0), []);
    let mut house = House::default();
    for course in 0..3 {
        let told = house.ask(course, turn("octo/x", 2), at(0)).told;
        assert_eq!(told.len(), usize::from(course < 2), "two a minute");
    }
    for course in 0..2 {
        assert_eq!(send(&mut house, course, MINT, 0), [(course, Ruling::Go)], "its turn is for this");
    }
    came(&mut house, 0, fine(), 5_000);
    assert_eq!(house.tick(at(64_999)).told, []);
    assert_eq!(gone(house.tick(at(65_000)).told), [2], "a minute after it was used");
}

#[test]
fn a_turn_that_is_not_used_goes_back() {
    let mut house = House::default();
    assert_eq!(house.ask(1, turn("octo/x", 1), at(0)).told, [(1, Ruling::Go)]);
    assert_eq!(house.ask(1, turn("octo/x", 1), at(1)).told, [], "it is out");
    assert_eq!(house.ask(2, turn("octo/x", 1), at(2)).told, []);
    let told = house.leave(1, at(3)).told;
    assert_eq!(told, [(2, Ruling::Go)]);
    house.ask(3, turn("octo/x", 1), at(4));
    let told = house.ask(2, Question::Full, at(5)).told;
    assert_eq!(told, [(2, Ruling::Go), (3, Ruling::Go)], "no sandbox could be started");
}

#[test]
fn repositories_take_turns_and_within_one_the_oldest_job_goes_first() {
    let mut house = House::default();
    let ask = |house: &mut House, course: u64, name: &str, created: u64| {
        let Question::Room(room) = turn(name, 1) else { return Vec::new() };
        let question = Question::Room(Room { created: Some(at(created)), ..room });
        house.ask(course, question, at(0)).told
    };
    assert_eq!(ask(&mut house, 1, "octo/big", 1), [(1, Ruling::Go)]);
    for course in [14, 13, 12, 11] {
        assert_eq!(ask(&mut house, course, "octo/big", course), []);
    }
    assert_eq!(ask(&mut house, 20, "octo/small", 50), []);
    let mut order = Vec::new();
    let mut last = 1;
    while order.len() < 5 {
        let told = house.leave(last, at(1)).told;
        last = told.first().expect("somebody is next").0;
        order.push(last);
    }
    assert_eq!(order, [11, 20, 12, 13, 14]);
}

#[test]
fn launches_go_before_pairing_and_pairing_before_sweeping() {
    let mut house = House::default();
    for course in 0..100 {
        send(&mut house, course, GET, 0);
    }
    for (course, rank) in [(201, Rank::Sweep), (202, Rank::Pair), (203, Rank::Launch)] {
        assert_eq!(send(&mut house, course, Errand { rank, ..GET }, 0), []);
    }
    let next = |house: &mut House, course| gone(came(house, course, fine(), 1));
    assert_eq!(next(&mut house, 0), [203]);
    assert_eq!(next(&mut house, 1), [202]);
    assert!(next(&mut house, 2).is_empty(), "a sweep leaves room for what comes");
}

#[test]
fn what_github_says_of_its_limit_holds_for_everybody_and_only_for_that_credential() {
    let mut house = House::default();
    for course in 1..=3 {
        send(&mut house, course, GET, 0);
    }
    let limited = |limited| Came { limited, ..fine() };
    came(&mut house, 1, limited(Limited::For(30_000)), 0);
    let held = Ruling::Held(29_000);
    assert_eq!(send(&mut house, 4, GET, 1_000), [(4, held)]);
    let theirs = Errand { account: Account::App, ..GET };
    assert_eq!(send(&mut house, 5, theirs, 1_000), [(5, Ruling::Go)]);
    assert_eq!(send(&mut house, 6, GET, 26_000), [], "a short wait is waited");
    assert_eq!(house.tick(at(26_000)).due, Some(at(30_000)));
    assert_eq!(house.tick(at(30_000)).told, [(6, Ruling::Go)]);
    // Where it does not say for how long: a minute, then longer each time it says so.
    came(&mut house, 2, limited(Limited::Unsaid), 40_000);
    came(&mut house, 3, limited(Limited::Unsaid), 40_000);
    assert_eq!(send(&mut house, 7, GET, 40_000), [(7, Ruling::Held(120_000))], "the second in succession");
    came(&mut house, 6, fine(), 160_000);
    send(&mut house, 8, GET, 160_000);
    came(&mut house, 8, limited(Limited::Unsaid), 160_000);
    assert_eq!(send(&mut house, 9, GET, 160_000), [(9, Ruling::Held(60_000))], "it had answered since");
}

#[test]
fn a_launch_waits_two_minutes_before_it_has_a_sandbox_and_no_longer() {
    let mut house = House::default();
    send(&mut house, 1, GET, 0);
    came(&mut house, 1, Came { limited: Limited::For(100_000), ..fine() }, 0);
    assert_eq!(house.ask(2, turn("octo/x", 9), at(0)).told, []);
    assert_eq!(house.tick(at(100_000)).told, [(2, Ruling::Go)]);
    send(&mut house, 1, GET, 100_000);
    came(&mut house, 1, Came { limited: Limited::For(900_000), ..fine() }, 100_000);
    assert_eq!(house.ask(3, turn("octo/x", 9), at(100_000)).told, [(3, Ruling::Held(900_000))]);
}

#[test]
fn the_hours_quota_is_not_overdrawn() {
    let mut house = House::default();
    for course in 1..=4 {
        send(&mut house, course, GET, 0);
    }
    let left = |left, reset| Came { left: Some((left, at(reset))), ..fine() };
    // Three are on their way, and two are left: the response that overtook says less.
    came(&mut house, 1, left(2, 90_000), 1);
    came(&mut house, 2, left(9, 90_000), 1);
    assert_eq!(send(&mut house, 5, GET, 1), [(5, Ruling::Held(89_999))]);
    came(&mut house, 3, left(2, 90_000), 1);
    assert_eq!(send(&mut house, 6, GET, 1), [(6, Ruling::Go)], "one is on its way, and two are left");
    assert_eq!(send(&mut house, 7, GET, 90_000), [(7, Ruling::Go)], "the next hour");
}

#[test]
fn an_installation_has_a_quota_of_its_own_and_shares_all_other_limits() {
    let mut house = House::default();
    let of = |owner: &str| Account::Installed(owner.to_owned());
    let errand = |owner: &str| Errand { account: of(owner), ..GET };
    send(&mut house, 1, errand("octo"), 0);
    let left = Some((0, at(90_000)));
    came(&mut house, 1, Came { account: of("octo"), left, ..fine() }, 0);
    assert_eq!(send(&mut house, 2, errand("octo"), 0), [(2, Ruling::Held(90_000))]);
    assert_eq!(send(&mut house, 3, errand("else"), 0), [(3, Ruling::Go)]);
    came(&mut house, 3, Came { account: of("else"), limited: Limited::For(70_000), ..fine() }, 0);
    let app = Errand { account: Account::App, ..GET };
    assert_eq!(send(&mut house, 4, app, 0), [(4, Ruling::Held(70_000))]);
}

#[test]
fn what_crosses_to_the_house_arrives_as_it_was() {
    for limited in [Limited::No, Limited::For(7), Limited::Unsaid] {
        let told = Question::Came(Came {
            limited,
            left: Some((7, at(9))),
            account: Account::App,
            listing: None,
            well: Some(true),
        });
        assert_eq!(Question::read(&told.write()), Some(told));
    }
    assert_eq!(Ruling::read(&Ruling::Held(7).write()), Some(Ruling::Held(7)));
    assert_eq!((Question::read("{}"), Ruling::read("")), (None, None));
}
