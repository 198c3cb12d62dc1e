//! The house's claims: one course a job, nothing for a job that is over, in bounded memory.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::house::{Claim, House, Question, Ruling, Waiting};
use jitney::words::ids::{Guid, JobId, RunId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn claim(job: u64, guid: &str) -> Claim {
    let delivery = Guid::parse(guid);
    Claim {
        job: JobId(job),
        delivery,
        resumed: false,
        found: false,
        repository: Repository::parse("octo/x").expect("a name"),
        labels: "modal".to_owned(),
        launches: true,
    }
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
    assert_eq!(ruling(&mut house, 1, Question::Over(JobId(7), None)), Ruling::Go);
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
        ruling(&mut house, 1, Question::Over(JobId(job), None));
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

#[test]
fn runs_in_progress_are_looked_into_all_at_first_and_then_a_few_in_turn() {
    let mut house = House::default();
    let mut walk = |name: &str, runs: &[u64]| {
        let repository = Repository::parse(name).expect("a name");
        let question = Question::Walk { repository, runs: runs.iter().copied().map(RunId).collect() };
        match ruling(&mut house, 1, question) {
            Ruling::Runs(runs) => runs.into_iter().map(|run| run.0).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(walk("octo/x", &[9, 8, 7, 6, 5, 4, 3]), [3, 4, 5, 6, 7, 8, 9], "nobody looked yet");
    assert_eq!(walk("octo/x", &[9, 8, 7, 6, 5, 4, 3]), [3, 4, 5]);
    assert_eq!(walk("octo/x", &[10, 9, 5, 4, 3]), [9, 10, 3]);
    assert_eq!(walk("octo/x", &[]), [0; 0]);
    assert_eq!(walk("octo/y", &[5, 6, 7, 8, 9, 10]), [5, 6, 7, 8, 9, 10], "each repository has its own turn");
}

#[test]
fn what_was_heard_of_a_job_and_of_a_runner_is_told_to_whoever_asks() {
    let mut house = House::default();
    let over = Question::Over(JobId(7), Some("jitney-8-abcdefgh".to_owned()));
    assert_eq!(ruling(&mut house, 1, Question::IsOver(JobId(7))), Ruling::Go);
    ruling(&mut house, 1, over);
    assert_eq!(ruling(&mut house, 1, Question::IsOver(JobId(7))), Ruling::Over);
    assert_eq!(ruling(&mut house, 1, Question::IsOver(JobId(8))), Ruling::Go, "only its runner was taken");
    let at_work = |name: &str| Question::IsAtWork(name.to_owned());
    assert_eq!(ruling(&mut house, 1, at_work("jitney-8-abcdefgh")), Ruling::Over);
    assert_eq!(ruling(&mut house, 1, at_work("jitney-7-abcdefgh")), Ruling::Go);
}

#[test]
fn jobs_that_were_heard_to_ask_the_same_of_a_runner_are_alike() {
    let mut house = House::default();
    for (course, labels) in [(1, "modal"), (2, "modal"), (3, "cpu=4\nmodal")] {
        claimed(&mut house, course, Claim { labels: labels.to_owned(), ..claim(course, "a") });
    }
    let mut alike = |one, other| ruling(&mut house, 9, Question::AreAlike(JobId(one), JobId(other)));
    assert_eq!((alike(1, 2), alike(1, 3), alike(1, 4)), (Ruling::Go, Ruling::Full, Ruling::Full));
    assert_eq!(alike(4, 5), Ruling::Full, "of neither was anything heard");
}
