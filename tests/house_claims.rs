//! The house's claims: one course a job, nothing for a job that is over, in bounded memory.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::house::{Claim, House, Question, Ruling, Waiting};
use jitney::words::ids::{Guid, JobId};
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn claim(job: u64, guid: &str) -> Claim {
    let delivery = Guid::parse(guid);
    Claim { job: JobId(job), delivery, resumed: false, found: false, launches: true }
}

/// What a course is told at once.
fn ruling(house: &mut House, course: u64, question: Question) -> Ruling {
    let told = house.ask(course, question, NOW).told;
    let of_course = told.into_iter().find(|(told, _)| *told == course);
    of_course.expect("a ruling at once").1
}

fn claimed(house: &mut House, course: u64, claim: Claim) -> Ruling {
    ruling(house, course, Question::Claim(claim))
}

#[test]
fn a_job_has_one_course_at_a_time_and_a_later_one_knows_that_there_was_one() {
    let mut house = House::default();
    assert_eq!(claimed(&mut house, 1, claim(7, "a")), Ruling::First);
    assert_eq!(claimed(&mut house, 2, claim(7, "b")), Ruling::Covered, "another delivery of it");
    let resumed = Claim { resumed: true, ..claim(7, "c") };
    assert_eq!(claimed(&mut house, 3, resumed), Ruling::Taken, "a ticket may wait until that one is over");
    assert_eq!(claimed(&mut house, 4, claim(8, "d")), Ruling::First);
    house.leave(1, NOW);
    assert_eq!(claimed(&mut house, 5, claim(7, "b")), Ruling::Again);
    assert_eq!(ruling(&mut house, 5, Question::Replied), Ruling::Go);
    assert_eq!(claimed(&mut house, 6, claim(7, "e")), Ruling::Again, "its delivery is replied to");
}

#[test]
fn a_delivery_that_is_at_work_is_not_taken_up_twice_and_afterwards_may_come_again() {
    let mut house = House::default();
    let release = |guid| Claim { launches: false, ..claim(7, guid) };
    assert_eq!(claimed(&mut house, 1, release("a")), Ruling::First);
    assert_eq!(claimed(&mut house, 2, release("a")), Ruling::Covered);
    assert_eq!(claimed(&mut house, 3, release("b")), Ruling::First);
    house.leave(1, NOW);
    assert_eq!(claimed(&mut house, 4, release("a")), Ruling::First, "a redelivery keeps its GUID");
}

#[test]
fn of_a_job_one_ticket_waits_and_no_delivery_overtakes_it() {
    let mut house = House::default();
    let ticket = Waiting { job: JobId(7), found: false };
    assert!(house.wait(&ticket));
    assert!(!house.wait(&ticket), "one waits already");
    assert_eq!(claimed(&mut house, 1, claim(7, "a")), Ruling::Covered);
    let resumed = Claim { resumed: true, ..claim(7, "a") };
    assert_eq!(claimed(&mut house, 2, resumed.clone()), Ruling::First);
    assert!(house.wait(&ticket), "it was taken up, so another may wait");
    assert_eq!(claimed(&mut house, 3, resumed), Ruling::Taken);
    assert!(house.wait(&ticket), "it waits on");
}

#[test]
fn a_job_that_is_over_gets_no_course_and_no_ticket_unless_github_says_that_it_is_queued() {
    let mut house = House::default();
    assert_eq!(ruling(&mut house, 1, Question::Over(JobId(7))), Ruling::Go);
    assert_eq!(claimed(&mut house, 2, claim(7, "a")), Ruling::Over);
    assert_eq!(claimed(&mut house, 3, Claim { resumed: true, ..claim(7, "b") }), Ruling::Over);
    assert!(!house.wait(&Waiting { job: JobId(7), found: false }));
    let found = Claim { resumed: true, found: true, ..claim(7, "c") };
    assert_eq!(claimed(&mut house, 4, found), Ruling::First, "a sweep saw it queued");
}

#[test]
fn the_last_hundred_thousand_jobs_that_are_over_are_remembered_and_no_more() {
    let mut house = House::default();
    for job in 1..=100_001 {
        ruling(&mut house, 1, Question::Over(JobId(job)));
    }
    assert_eq!(claimed(&mut house, 2, claim(1, "a")), Ruling::First, "the oldest is forgotten");
    assert_eq!(claimed(&mut house, 3, claim(2, "b")), Ruling::Over);
    assert_eq!(claimed(&mut house, 4, claim(100_001, "c")), Ruling::Over);
}

#[test]
fn as_many_of_a_kind_are_permitted_as_may_be_within_their_time() {
    let mut house = House::default();
    let mut permit = |at: u64| {
        let question = Question::Permit { name: "refusals".to_owned(), most: 2, within: 60 };
        house.ask(1, question, Timestamp(NOW.0 + at)).told.pop().expect("a ruling").1
    };
    let told: Vec<Ruling> = [0, 10, 20, 59_999, 60_000, 60_001].map(&mut permit).into();
    assert_eq!(told, [Ruling::Go, Ruling::Go, Ruling::Full, Ruling::Full, Ruling::Go, Ruling::Full]);
}
