//! What waits does so for its time and not less, and whoever takes it up again looks first.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod granted;

use granted::Course;
use jitney::course::{Command, Event, Report, Sandbox, Step};
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

fn ticket(deferrals: u32) -> Ticket {
    let text = r#"{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":["self-hosted","modal"],"created":1800000000000,"private":true,"runner":null}"#;
    Ticket { deferrals, ..Ticket::read(text).expect("a ticket") }
}

fn course(ticket: Ticket) -> Course {
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    Course::open(ticket, settings.settings.expect("good settings"), 42)
}

fn told(course: &mut Course, report: Report) -> Command {
    match course.next(Event::Report(report), Timestamp(1_800_000_000_000)) {
        Step::Tell(command) => command,
        other => panic!("{other:?}"),
    }
}

/// The milliseconds that a deferral waits, and why.
fn deferred(command: Command) -> (u64, &'static str) {
    match command {
        Command::Defer(_, delay, reply) => (delay, reply.reason.code),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_house_is_tried_again_after_15_to_23_seconds() {
    let held = |question: &Question| matches!(question, Question::Room(_)).then_some(Ruling::Held(0));
    let (delay, code) = deferred(told(&mut course(ticket(0)).ruled(held), Report::Opened));
    assert_eq!(code, "at-capacity");
    assert!((15_000..=22_500).contains(&delay), "{delay}");
}

#[test]
fn a_sandbox_that_waits_for_its_config_is_looked_at_again_after_30_to_45_seconds() {
    let mut course = course(ticket(1));
    assert!(matches!(told(&mut course, Report::Opened), Command::FindJob(_)));
    let waiting = Sandbox { id: "sb-1".into(), tags: Vec::new() };
    let found = Event::Report(Report::Found(vec![waiting]));
    // The job is queued, says GitHub.
    assert!(matches!(course.next(found, Timestamp(1_800_000_000_000)), Step::Ask(_)));
    let step =
        course.next(Event::Response(Ok(jitney::github::Response::default())), Timestamp(1_800_000_000_000));
    let Step::Tell(command) = step else { panic!("{step:?}") };
    let (delay, code) = deferred(command);
    assert_eq!(code, "sandbox-waiting");
    assert!((30_000..=45_000).contains(&delay), "{delay}");
}

#[test]
fn a_course_that_is_taken_up_again_looks_what_lives_before_it_starts_anything() {
    assert_eq!((ticket(0).resumption().deferrals, ticket(3).resumption().deferrals), (1, 3));
    let mut course = course(ticket(0).resumption());
    assert!(matches!(told(&mut course, Report::Opened), Command::FindJob(_)));
}
