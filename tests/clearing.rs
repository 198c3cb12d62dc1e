//! What a completed job leaves behind: cleared away, unless another job counts on it.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod granted;

use granted::Course;
use jitney::course::{Command, Event, Report, Sandbox, Step};
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What comes once Modal shows the sandbox of job 7, whose own runner did not do it; job 8 is over or not.
fn cleared(runner: &str, over: bool) -> Step {
    let text = format!(
        r#"{{"purpose":"release","delivery":"d-1","repository":"octo/x","job":7,"run":3,"labels":["modal"],
        "created":null,"private":true,"runner":"{runner}"}}"#
    );
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    let ticket = Ticket::read(&text).expect("a ticket");
    let course = Course::open(ticket, settings.settings.expect("good settings"), 42);
    let mut course = course.ruled(move |question| match question {
        Question::IsOver(job) => {
            assert_eq!(job.0, 8);
            Some(if over { Ruling::Over } else { Ruling::Go })
        }
        _ => None,
    });
    let step = course.next(Event::Report(Report::Opened), NOW);
    assert!(matches!(step, Step::Tell(Command::FindJob(_))), "{step:?}");
    let tags = [("runner", "jitney-7-abcdefgh"), ("runner_id", "9")];
    let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let found = vec![Sandbox { id: "sb-7".to_owned(), tags }];
    course.next(Event::Report(Report::Found(found)), NOW)
}

#[test]
fn the_runner_on_which_the_other_job_counts_is_left_to_it() {
    match cleared("jitney-8-abcdefgh", false) {
        Step::Tell(Command::Finish(reply)) => assert_eq!(reply.reason.code, "sandbox-at-work"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_runner_that_nobody_counts_on_is_deleted() {
    for runner in ["jitney-8-abcdefgh", "somebody-elses"] {
        match cleared(runner, true) {
            Step::Ask(request) => assert_eq!(request.path, "/repos/octo/x/actions/runners/9"),
            other => panic!("{other:?}"),
        }
    }
}
