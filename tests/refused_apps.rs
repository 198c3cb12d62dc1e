//! What GitHub says to the App's own request for a token is no answer to what the token was wanted for: a 404 there says
//! that the App is not installed, and nothing of a runner.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod granted;

use granted::Course;
use jitney::course::keys::retry_after;
use jitney::course::{Command, Event, Report, Sandbox, Step};
use jitney::github::{Response, Seen, is_limited, job::Job, runner};
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn refused(status: u16) -> Event {
    Event::Report(Report::NoCredential(Ok(Response { status, ..Response::default() })))
}

#[test]
fn a_sandbox_that_may_be_at_work_is_left_alone_where_the_app_has_no_access_any_more() {
    let text = r#"{"purpose":"release","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":["modal"],"created":1800000000000,"private":true,"runner":"jitney-8-aaaaaaaa"}"#;
    let given = [("GITHUB_APP_ID".to_owned(), "Iv23li".to_owned())];
    let settings = CoursesSettings::read(&given).settings.expect("good settings");
    // The job whose runner this one took counts on nothing any more.
    let over = |question: &Question| matches!(question, Question::IsOver(_)).then_some(Ruling::Over);
    let mut course = Course::open(Ticket::read(text).expect("a ticket"), settings, 42).ruled(over);
    course.next(Event::Report(Report::Opened), NOW);
    let tags = [("runner", "jitney-7-aaaaaaaa"), ("runner_id", "9")];
    let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let found = vec![Sandbox { id: "sb-1".to_owned(), tags }];
    let step = course.next(Event::Report(Report::Found(found)), NOW);
    assert!(matches!(step, Step::Tell(Command::Credential { .. })), "{step:?}");
    match course.next(refused(404), NOW) {
        Step::Tell(Command::Finish(reply)) => assert_eq!(reply.reason.code, "sandbox-at-work"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_an_answer_to_the_request_says_that_a_thing_is_gone() {
    let own = Ok(Response { status: 404, ..Response::default() });
    let instead = Ok(Response { status: 404, unauthorized: true, ..Response::default() });
    assert!(runner::is_deleted(&own) && !runner::is_deleted(&instead));
    assert!(matches!(Job::seen(&own), Seen::Gone) && matches!(Job::seen(&instead), Seen::Unknown));
}

#[test]
fn a_limit_of_the_app_s_is_told_as_a_limit_wherever_github_says_it() {
    let refused = |response: Response| Response { status: 403, ..response };
    let said = refused(Response {
        body: b"You have exceeded a secondary rate limit".to_vec(),
        ..Response::default()
    });
    let spent =
        refused(Response { remaining: Some(0), reset: Some(NOW.0 / 1000 + 90), ..Response::default() });
    let missing = refused(Response { retry_after: None, ..Response::default() });
    let told = |response: &Response| {
        let retry_after = retry_after(response, NOW);
        let told = Response { status: response.status, retry_after, ..Response::default() };
        (is_limited(&told), retry_after)
    };
    assert_eq!(told(&said), (true, Some(60)));
    assert_eq!(told(&spent), (true, Some(90)));
    assert_eq!(told(&missing), (false, None));
}
