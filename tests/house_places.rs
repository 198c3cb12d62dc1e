//! The house's places: asked for before a turn, given on at once, shared out between repositories.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::house::{Account, Claim, House, Living, Question, Room, Ruling};
use jitney::words::ids::JobId;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

const NOW: u64 = 1_800_000_000_000;
/// As many turns as anybody wants.
const PLENTY: u32 = 180;

fn at(ms: u64) -> Timestamp {
    Timestamp(NOW + ms)
}

fn octo() -> Repository {
    Repository::parse("octo/x").expect("a name")
}

fn room(repository: &str, most: u32, of_one: u32, turns: u32) -> Question {
    let repository = Repository::parse(repository).expect("a name");
    let (account, place) = (Account::Token, Some((most, of_one)));
    Question::Room(Room { repository, created: None, account, place, turn: Some(turns) })
}

/// Starts a sandbox for as many courses as get a place; how many did.
fn fill(house: &mut House, courses: std::ops::Range<u64>, most: u32) -> usize {
    let mut started = 0;
    for course in courses {
        if house.ask(course, room("octo/x", most, most, PLENTY), at(0)).told == [(course, Ruling::Go)] {
            house.ask(course, Question::Started(format!("sb-{course}")), at(0));
            house.leave(course, at(0));
            started += 1;
        }
    }
    started
}

#[test]
fn as_many_sandboxes_live_as_may_and_a_freed_place_goes_to_the_next_at_once() {
    let mut house = House::default();
    assert_eq!(fill(&mut house, 0..2, 2), 2);
    assert_eq!(
        house.ask(7, room("octo/x", 2, 2, PLENTY), at(0)).told,
        [(7, Ruling::Count)],
        "it looks first"
    );
    let living = |sandbox: &str| Living { sandbox: sandbox.to_owned(), repository: Some(octo()) };
    let lives = Question::Lives(vec![living("sb-0"), living("sb-1")]);
    assert_eq!(house.ask(7, lives, at(1)).told, [(7, Ruling::Go)]);
    assert_eq!(house.ask(7, room("octo/x", 2, 2, PLENTY), at(2)).told, []);
    let told = house.ask(9, Question::Ended("sb-0".to_owned()), at(3)).told;
    assert_eq!(told, [(9, Ruling::Go), (7, Ruling::Go)]);
    house.ask(7, Question::Started("sb-7".to_owned()), at(4));
    // A listing that lags shows what ended and not what was started.
    let changes = house.ask(8, room("octo/x", 2, 2, PLENTY), at(5_001));
    assert_eq!(changes.told, [(8, Ruling::Count)], "five seconds after the last look");
    house.ask(8, Question::Lives(vec![living("sb-0"), living("sb-1")]), at(5_002));
    assert_eq!(house.ask(8, room("octo/x", 2, 2, PLENTY), at(5_003)).told, [], "sb-1 and sb-7 live");
    // After the lag a listing is believed.
    assert_eq!(house.tick(at(31_000)).told, [(8, Ruling::Count)]);
    house.ask(8, Question::Lives(vec![living("sb-1")]), at(40_000));
    assert_eq!(house.ask(8, room("octo/x", 2, 2, PLENTY), at(40_001)).told, [(8, Ruling::Go)]);
}

#[test]
fn a_turn_is_not_spent_by_whoever_waits_for_a_place() {
    let mut house = House::default();
    let started = house.ask(1, room("octo/x", 1, 1, 1), at(0)).told;
    assert_eq!(started, [(1, Ruling::Go)]);
    house.ask(1, Question::Started("sb-1".to_owned()), at(0));
    // The one turn of this minute is free again; who waits for a place does not take it.
    house.leave(1, at(0));
    assert_eq!(house.ask(2, room("octo/x", 1, 1, 1), at(0)).told, [(2, Ruling::Count)]);
    let other =
        Room { repository: octo(), created: None, account: Account::Token, place: None, turn: Some(1) };
    assert_eq!(house.ask(3, Question::Room(other), at(0)).told, [(3, Ruling::Go)]);
}

#[test]
fn whoever_finds_the_house_full_gives_place_and_turn_back_and_looks() {
    let mut house = House::default();
    assert_eq!(house.ask(1, room("octo/x", 5, 5, 1), at(0)).told, [(1, Ruling::Go)]);
    assert_eq!(house.ask(2, room("octo/x", 5, 5, 1), at(0)).told, [], "there is one turn a minute");
    let told = house.ask(1, Question::Full, at(1)).told;
    assert_eq!(told, [(1, Ruling::Go), (2, Ruling::Go)]);
    assert_eq!(house.ask(1, room("octo/x", 5, 5, 1), at(2)).told, [(1, Ruling::Count)]);
}

#[test]
fn repositories_share_the_places_and_none_has_more_than_its_own() {
    let mut house = House::default();
    let ask = |house: &mut House, course, name: &str| house.ask(course, room(name, 3, 2, PLENTY), at(0)).told;
    assert_eq!(ask(&mut house, 1, "octo/big"), [(1, Ruling::Go)]);
    assert_eq!(ask(&mut house, 2, "octo/big"), [(2, Ruling::Go)]);
    assert_eq!(ask(&mut house, 3, "octo/big"), [(3, Ruling::Count)], "two are all that one may have");
    house.ask(3, Question::Lives(Vec::new()), at(0));
    assert_eq!(ask(&mut house, 3, "octo/big"), []);
    assert_eq!(ask(&mut house, 4, "octo/small"), [(4, Ruling::Go)], "the third place is not its");
    assert_eq!(ask(&mut house, 5, "octo/small"), []);
    assert_eq!(house.leave(4, at(1)).told, [(5, Ruling::Go)], "big may have no more");
    assert_eq!(house.leave(1, at(2)).told, [(3, Ruling::Go)]);
}

#[test]
fn a_launch_that_waits_for_a_job_which_is_over_waits_no_longer() {
    let mut house = House::default();
    fill(&mut house, 0..1, 1);
    let (job, delivery) = (JobId(7), None);
    let labels = String::new();
    let repository = Repository::parse("octo/x").expect("a name");
    let claim = Claim { job, repository, delivery, resumed: false, found: false, labels, launches: true };
    house.ask(2, Question::Claim(claim), at(0));
    house.ask(2, room("octo/x", 1, 1, PLENTY), at(0));
    house.ask(2, Question::Lives(Vec::new()), at(0));
    house.ask(2, room("octo/x", 1, 1, PLENTY), at(0));
    let told = house.ask(3, Question::Over(job, None), at(1)).told;
    assert!(told.contains(&(2, Ruling::Over)), "{told:?}");
    assert_eq!(house.tick(at(60_000)).due, None, "nobody waits");
}

#[test]
fn a_job_that_was_heard_to_be_over_has_somebody_look_soon() {
    let mut house = House::default();
    fill(&mut house, 0..1, 1);
    assert_eq!(house.ask(2, room("octo/x", 1, 1, PLENTY), at(0)).told, [(2, Ruling::Count)]);
    house.ask(2, Question::Lives(Vec::new()), at(0));
    let waits = house.ask(2, room("octo/x", 1, 1, PLENTY), at(0));
    assert_eq!((waits.told, waits.due), (vec![], Some(at(5_000))));
    assert_eq!(house.ask(3, Question::Over(JobId(9), None), at(100)).due, Some(at(1_000)));
    assert_eq!(house.tick(at(1_000)).told, [(2, Ruling::Count)]);
    house.leave(2, at(1_001));
    assert_eq!(house.tick(at(9_000)).due, None);
}

#[test]
fn nobody_waits_for_a_place_longer_than_half_an_hour() {
    let mut house = House::default();
    fill(&mut house, 0..1, 1);
    house.ask(2, room("octo/x", 1, 1, PLENTY), at(0));
    house.ask(2, Question::Lives(Vec::new()), at(0));
    house.ask(2, room("octo/x", 1, 1, PLENTY), at(0));
    let tired = house.tick(at(1_800_000)).told;
    assert_eq!(tired, [(2, Ruling::Held(0))], "the job is looked at anew");
}

#[test]
fn a_launch_that_hears_of_its_job_s_end_while_it_counts_waits_no_longer() {
    let mut house = House::default();
    fill(&mut house, 0..1, 1);
    let repository = Repository::parse("octo/x").expect("a name");
    let (job, delivery, labels) = (JobId(7), None, String::new());
    let claim = Claim { job, repository, delivery, resumed: false, found: false, labels, launches: true };
    house.ask(2, Question::Claim(claim), at(0));
    let told = house.ask(2, room("octo/x", 1, 1, PLENTY), at(0)).told;
    assert_eq!(told, [(2, Ruling::Count)]);
    let told = house.ask(3, Question::Over(job, None), at(1)).told;
    assert_eq!(told, [(3, Ruling::Go)], "whoever counts asked nothing");
    house.ask(2, Question::Lives(Vec::new()), at(1));
    let told = house.ask(2, room("octo/x", 1, 1, PLENTY), at(1)).told;
    assert_eq!(told, [(2, Ruling::Over)]);
}

#[test]
fn whoever_was_to_count_and_wants_no_place_after_all_leaves_the_line() {
    let mut house = House::default();
    fill(&mut house, 0..1, 1);
    assert_eq!(house.ask(2, room("octo/x", 1, 1, PLENTY), at(0)).told, [(2, Ruling::Count)]);
    assert_eq!(house.ask(3, room("octo/x", 1, 1, PLENTY), at(0)).told, []);
    let (account, turn) = (Account::Token, Some(PLENTY));
    let placeless = Room { repository: octo(), created: None, account, place: None, turn };
    let told = house.ask(2, Question::Room(placeless), at(5_000)).told;
    assert_eq!(told, [(2, Ruling::Go), (3, Ruling::Count)], "the next one counts");
}
