//! What a sandbox costs, and a month's budget: priced before it starts, and said when it is spent.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::{Command, Event, Report, Start, Step};
mod granted;

use granted::Course;
use jitney::machine::Prices;
use jitney::reply::Outcome;
use jitney::settings::CoursesSettings;
use jitney::ticket::{Purpose, Ticket};
use jitney::words::label::Label;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;

/// 2027-01-15T08:00:00Z, and the first moment of that month.
const NOW: Timestamp = Timestamp(1_800_000_000_000);
const MONTH: Timestamp = Timestamp(1_798_761_600_000);

fn settings(given: &[(&str, &str)]) -> CoursesSettings {
    let mut all = vec![("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())];
    all.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    CoursesSettings::read(&all).settings.expect("good settings")
}

fn rate(settings: &CoursesSettings, labels: &[&str]) -> u64 {
    let labels: Vec<Label> = labels.iter().map(|text| Label::parse(text).expect("a label")).collect();
    settings.prices.rate(&settings.rules.machine(&labels).expect("a machine")).as_nano()
}

#[test]
fn a_machine_costs_its_cores_its_memory_and_its_gpus_a_second() {
    let published = settings(&[("ALLOWED_GPUS", "H100:2,A10G,X9,T4+")]);
    let cores_and_memory = 2 * 39_420 + 8 * 6_720;
    assert_eq!(rate(&published, &["modal"]), cores_and_memory);
    assert_eq!(rate(&published, &["modal", "cpu=0.5", "memory=0.5"]), 39_420 / 2 + 6_720 / 2);
    assert_eq!(rate(&published, &["modal", "gpu=H100:2"]), cores_and_memory + 2 * 1_097_000);
    assert_eq!(rate(&published, &["modal", "gpu=T4+"]), cores_and_memory + 164_000);
    assert_eq!(rate(&published, &["modal", "gpu=X9"]), cores_and_memory + 1_736_000);
}

#[test]
fn a_chosen_region_costs_more_and_every_price_can_be_overridden() {
    let profile = ("RUNNER_PROFILES", r#"{"near":{"region":"us-east"}}"#);
    let plain = rate(&settings(&[]), &["modal"]);
    assert_eq!(rate(&settings(&[profile]), &["modal", "near"]), plain * 7 / 4);
    let prices = r#"{"cpu":0.00001,"memory":0,"region":2,"gpu":{"h100":0.5}}"#;
    let own = settings(&[profile, ("PRICES", prices), ("ALLOWED_GPUS", "H100")]);
    assert_eq!(rate(&own, &["modal"]), 20_000);
    assert_eq!(rate(&own, &["modal", "near"]), 40_000);
    assert_eq!(rate(&own, &["modal", "gpu=H100"]), 500_020_000);
}

#[test]
fn a_price_that_is_none_is_said_and_nothing_else_is() {
    for bad in ["", "[]", r#"{"cpu":-1}"#, r#"{"gpu":{"H100":5}}"#, r#"{"cpus":1}"#, r#"{"region":0.1}"#] {
        assert!(Prices::parse(bad).is_err(), "{bad}");
    }
}

/// A course on its way to its start, of a fleet that may cost ten dollars a month.
fn course(purpose: Purpose) -> Course {
    let text = r#"{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":["self-hosted","modal"],"created":1800000000000,"private":true,"runner":null}"#;
    let ticket = Ticket { purpose, ..Ticket::read(text).expect("a ticket") };
    Course::open(ticket, settings(&[("MONTHLY_BUDGET_USD", "10")]), 42)
}

fn told(course: &mut Course, outcome: Report) -> Command {
    match course.next(Event::Report(outcome), NOW) {
        Step::Tell(command) => command,
        other => panic!("{other:?}"),
    }
}

/// Its question what this month has cost, answered.
fn spent(course: &mut Course, outcome: Report) -> Command {
    assert!(matches!(told(course, Report::Opened), Command::Spent(since) if since == MONTH));
    told(course, outcome)
}

#[test]
fn while_the_budget_lasts_a_job_is_started_with_its_rate_on_its_sandbox() {
    let mut course = course(Purpose::Launch);
    let left = Report::Spent(Usd::from_nano(9_999_999_999));
    let Command::Start(start) = spent(&mut course, left) else { panic!("no start") };
    let Start { tags, .. } = *start;
    assert!(tags.contains(&("rate", "132600".to_owned())), "{tags:?}");
    assert!(tags.contains(&("started", NOW.0.to_string())));
}

#[test]
fn once_it_is_spent_the_job_waits_and_says_why() {
    let Command::Defer(ticket, delay, answer) =
        spent(&mut course(Purpose::Launch), Report::Spent(Usd::from_nano(10_000_000_000)))
    else {
        panic!("not deferred")
    };
    assert_eq!((answer.outcome, answer.reason.code), (Outcome::Deferred, "budget-spent"));
    assert!(answer.reason.text.contains("$10 of this month's"), "{}", answer.reason.text);
    assert!(delay >= 900_000 && ticket.deferrals == 1);
}

#[test]
fn where_nobody_can_say_what_was_spent_the_job_is_tried_again_soon() {
    let Command::Defer(_, delay, answer) =
        spent(&mut course(Purpose::Launch), Report::Failed("ConnectionError".to_owned()))
    else {
        panic!("not deferred")
    };
    assert_eq!(answer.reason.code, "budget-unknown");
    assert!(delay < 60_000);
}
