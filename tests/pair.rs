//! A runner takes another job than the one it was meant for: the other must not be left without one.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::{Command, Event, Report, Sandbox, Step};
mod granted;

use granted::Course;
use jitney::github::Response;
use jitney::house::{Question, Ruling};
use jitney::reply::Outcome;
use jitney::settings::CoursesSettings;
use jitney::ticket::{Purpose, Ticket};
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const RUNNER: &str = "jitney-7-abcdefgh";

/// Job 8 runs on the runner that was meant for job 7.
fn course(labels: &str) -> Course {
    of(labels, true)
}

fn of(labels: &str, private: bool) -> Course {
    let text = format!(
        r#"{{"purpose":"pair","delivery":"d-1","repository":"octo/x","job":8,"run":3,
        "labels":{labels},"created":null,"private":{private},"runner":"{RUNNER}"}}"#
    );
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    let ticket = Ticket::read(&text).expect("a ticket");
    Course::open(ticket, settings.settings.expect("good settings"), 42)
}

fn victim(course: &mut Course, status: &str) -> Step {
    let step = course.next(Event::Report(Report::Opened), NOW);
    asked_of_victim(course, &step, status)
}

fn asked_of_victim(course: &mut Course, step: &Step, status: &str) -> Step {
    match step {
        Step::Ask(request) => assert_eq!(request.path, "/repos/octo/x/actions/jobs/7"),
        other => panic!("{other:?}"),
    }
    let body = format!(r#"{{"id":7,"run_id":2,"status":"{status}","labels":["self-hosted","modal"]}}"#);
    answered(course, 200, &body)
}

fn answered(course: &mut Course, status: u16, body: &str) -> Step {
    course.next(Event::Response(Ok(Response { status, body: body.into(), ..Response::default() })), NOW)
}

/// The thief's run comes from this repository.
fn vetted(course: &mut Course, head: &str) -> Step {
    match course.next(Event::Report(Report::Opened), NOW) {
        Step::Ask(request) => assert_eq!(request.path, "/repos/octo/x/actions/runs/3"),
        other => panic!("{other:?}"),
    }
    let body = format!(
        r#"{{"event":"pull_request","head_branch":"main","head_repository":{{"full_name":"{head}"}}}}"#
    );
    answered(course, 200, &body)
}

fn found(course: &mut Course, runner: Option<&str>) -> Step {
    let tags = runner.map(|name| ("runner".to_owned(), name.to_owned())).into_iter().collect();
    let sandboxes = vec![Sandbox { id: "sb-1".to_owned(), tags }];
    course.next(Event::Report(Report::Found(sandboxes)), NOW)
}

fn launches_the_victim(step: Step) {
    match step {
        Step::Tell(Command::Defer(ticket, 0, answer)) => {
            assert_eq!((ticket.purpose, ticket.job.0, ticket.run.0), (Purpose::Launch, 7, 2));
            assert_eq!((ticket.deferrals, ticket.labels.len()), (1, 2));
            assert_eq!((answer.outcome, answer.reason.code), (Outcome::Ignored, "runner-taken"));
        }
        other => panic!("{other:?}"),
    }
}

fn ended(step: Step) -> &'static str {
    match step {
        Step::Tell(Command::Finish(answer)) => answer.reason.code,
        other => panic!("not over: {other:?}"),
    }
}

#[test]
fn the_victim_gets_a_course_of_its_own() {
    let mut course = course(r#"["modal"]"#);
    launches_the_victim(victim(&mut course, "queued"));
}

#[test]
fn in_org_scope_the_victim_is_looked_for_where_its_sandbox_says_unless_that_is_another_owner_s() {
    let text = format!(
        r#"{{"purpose":"pair","delivery":"d-1","repository":"octo/x","job":8,"run":3,
        "labels":["modal"],"created":null,"private":true,"runner":"{RUNNER}"}}"#
    );
    for (owner, home) in [("octo", "octo/home"), ("mallory", "octo/x")] {
        let given = [("GITHUB_TOKEN", "ghp_canary"), ("RUNNER_SCOPE", "org")];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let settings = CoursesSettings::read(&given).settings.expect("good settings");
        let mut course = Course::open(Ticket::read(&text).expect("a ticket"), settings, 42);
        let step = course.next(Event::Report(Report::Opened), NOW);
        assert!(matches!(step, Step::Tell(Command::FindJob(job)) if job == "7"));
        let tags = [("owner", owner), ("repository", "home"), ("job", "7")];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        let found = vec![Sandbox { id: "sb-1".to_owned(), tags }];
        match course.next(Event::Report(Report::Found(found)), NOW) {
            Step::Ask(request) => assert_eq!(request.path, format!("/repos/{home}/actions/jobs/7")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn two_jobs_of_like_labels_may_swap_their_runners() {
    let labels = r#"["self-hosted","modal"]"#;
    let mut swapped = course(labels);
    assert!(matches!(victim(&mut swapped, "queued"), Step::Tell(Command::FindJob(job)) if job == "8"));
    assert_eq!(ended(found(&mut swapped, Some("jitney-8-abcdefgh"))), "runners-swapped");
    for other in [None, Some(RUNNER)] {
        let mut course = course(labels);
        victim(&mut course, "queued");
        launches_the_victim(found(&mut course, other));
    }
}

#[test]
fn a_runner_that_a_third_job_has_is_no_spare() {
    let at_work = |question: &Question| matches!(question, Question::IsAtWork(_)).then_some(Ruling::Over);
    let mut course = course(r#"["self-hosted","modal"]"#).ruled(at_work);
    victim(&mut course, "queued");
    launches_the_victim(found(&mut course, Some("jitney-8-abcdefgh")));
}

#[test]
fn a_victim_that_was_heard_to_be_at_work_is_not_asked_about() {
    let over = |question: &Question| match question {
        Question::Over(job, runner) => {
            assert_eq!((job.0, runner.as_deref()), (8, Some(RUNNER)));
            None
        }
        Question::IsOver(job) => (job.0 == 7).then_some(Ruling::Over),
        _ => None,
    };
    let mut course = course(r#"["modal"]"#).ruled(over);
    assert_eq!(ended(course.next(Event::Report(Report::Opened), NOW)), "job-in-progress");
}

#[test]
fn of_jobs_that_were_heard_to_be_alike_a_swap_costs_no_request() {
    let alike = |question: &Question| matches!(question, Question::AreAlike(..)).then_some(Ruling::Go);
    let mut course = course(r#"["modal"]"#).ruled(alike);
    let step = course.next(Event::Report(Report::Opened), NOW);
    assert!(matches!(step, Step::Tell(Command::FindJob(job)) if job == "8"));
    assert_eq!(ended(found(&mut course, Some("jitney-8-abcdefgh"))), "runners-swapped");
}

#[test]
fn a_victim_that_waits_no_longer_needs_nothing() {
    for status in ["in_progress", "completed"] {
        let mut course = course(r#"["modal"]"#);
        assert_eq!(ended(victim(&mut course, status)), "job-in-progress");
    }
}

#[test]
fn a_thief_that_is_refused_loses_its_sandbox_first_and_the_victim_gets_a_runner() {
    let mut course = of(r#"["self-hosted","modal"]"#, false);
    let step = vetted(&mut course, "mallory/x");
    assert!(matches!(step, Step::Tell(Command::FindJob(job)) if job == "7"));
    let watched = found(&mut course, Some(RUNNER));
    assert!(matches!(watched, Step::Tell(Command::Watch { sandbox, .. }) if sandbox == "sb-1"));
    let terminated = course.next(Event::Report(Report::Done), NOW);
    assert!(matches!(terminated, Step::Tell(Command::Terminate(sandbox)) if sandbox == "sb-1"));
    let step = course.next(Event::Report(Report::Done), NOW);
    // Of like labels; but the thief has no runner of its own to swap for.
    match asked_of_victim(&mut course, &step, "queued") {
        Step::Tell(Command::Defer(ticket, 0, reply)) => {
            assert_eq!((ticket.purpose, ticket.job.0), (Purpose::Launch, 7));
            assert_eq!((reply.outcome, reply.reason.code), (Outcome::Refused, "fork-not-allowed"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sandbox_that_ends_a_refused_job_itself_is_left_alone_and_nobody_else_s_is_ended() {
    let mut course = of(r#"["modal"]"#, false);
    vetted(&mut course, "mallory/x");
    found(&mut course, Some(RUNNER));
    let step = course.next(Event::Report(Report::Ended(0)), NOW);
    assert_eq!(ended(asked_of_victim(&mut course, &step, "completed")), "fork-not-allowed");
    for other in [None, Some("jitney-7-ijklmnop")] {
        let mut course = of(r#"["modal"]"#, false);
        vetted(&mut course, "mallory/x");
        let step = found(&mut course, other);
        assert!(matches!(step, Step::Ask(_)), "{step:?}");
    }
}

#[test]
fn a_thief_that_is_admitted_or_cannot_be_judged_keeps_its_sandbox() {
    let mut admitted = of(r#"["modal"]"#, false);
    let step = vetted(&mut admitted, "octo/x");
    launches_the_victim(asked_of_victim(&mut admitted, &step, "queued"));
    let mut unknown = of(r#"["modal"]"#, false);
    unknown.next(Event::Report(Report::Opened), NOW);
    let step = answered(&mut unknown, 500, "");
    let step = match step {
        Step::Tell(Command::Pause(_)) => unknown.next(Event::Report(Report::Done), NOW),
        step => step,
    };
    launches_the_victim(asked_of_victim(&mut unknown, &step, "queued"));
}

#[test]
fn a_victim_that_github_does_not_show_is_asked_about_again_and_after_five_times_left_to_the_sweep() {
    for (status, retry_after, least) in [(502, None, 10_000), (429, Some(90), 90_000)] {
        let mut course = course(r#"["modal"]"#);
        let step = course.next(Event::Report(Report::Opened), NOW);
        assert!(matches!(step, Step::Ask(_)), "{step:?}");
        let response = Response { status, retry_after, ..Response::default() };
        match course.next(Event::Response(Ok(response)), NOW) {
            Step::Tell(Command::Defer(ticket, delay, reply)) => {
                assert_eq!((ticket.purpose, ticket.job.0, ticket.deferrals), (Purpose::Pair, 8, 1));
                assert!((least..least + 10_000).contains(&delay), "{delay}");
                assert_eq!((reply.outcome, reply.reason.code), (Outcome::Deferred, "victim-unknown"));
            }
            other => panic!("{other:?}"),
        }
    }
    let text = format!(
        r#"{{"purpose":"pair","delivery":"d-1","repository":"octo/x","job":8,"run":3,"labels":["modal"],
        "created":null,"private":true,"runner":"{RUNNER}","deferrals":5}}"#
    );
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    let settings = settings.settings.expect("good settings");
    let mut last = Course::open(Ticket::read(&text).expect("a ticket"), settings, 42);
    last.next(Event::Report(Report::Opened), NOW);
    assert_eq!(ended(answered(&mut last, 502, "")), "victim-unknown");
}

#[test]
fn a_victim_whose_own_course_is_at_work_is_looked_at_again_without_a_request() {
    let claimed = |question: &Question| matches!(question, Question::IsClaimed(_)).then_some(Ruling::Taken);
    let mut course = course(r#"["modal"]"#).ruled(claimed);
    let step = course.next(Event::Report(Report::Opened), NOW);
    assert!(matches!(step, Step::Tell(Command::Defer(ticket, ..)) if ticket.purpose == Purpose::Pair));
}

/// The release of job 8, which ran on the runner that was meant for job 7; job 8 left no sandbox of its own.
fn released(status: &str) -> Step {
    let text = format!(
        r#"{{"purpose":"release","delivery":"d-2","repository":"octo/x","job":8,"run":3,
        "labels":["modal"],"created":null,"private":true,"runner":"{RUNNER}"}}"#
    );
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    let mut course =
        Course::open(Ticket::read(&text).expect("a ticket"), settings.settings.expect("good settings"), 42);
    course.next(Event::Report(Report::Opened), NOW);
    let step = course.next(Event::Report(Report::Found(Vec::new())), NOW);
    asked_of_victim(&mut course, &step, status)
}

#[test]
fn where_the_delivery_that_told_of_a_taken_runner_was_lost_the_victim_is_looked_after_at_the_end() {
    match released("queued") {
        Step::Tell(Command::Defer(ticket, 0, reply)) => {
            assert_eq!((ticket.purpose, ticket.job.0, ticket.run.0), (Purpose::Launch, 7, 2));
            assert_eq!((reply.outcome, reply.reason.code), (Outcome::Released, "runner-was-taken"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(ended(released("in_progress")), "nothing-left");
}
