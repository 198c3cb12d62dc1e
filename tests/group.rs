//! A registration: `RUNNER_GROUP_ID` reaches the request, and of the answer only a config of one word is taken.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod granted;

use granted::Course;
use jitney::course::{Command, Event, Report, Step};
use jitney::github::Response;
use jitney::github::runner::Minted;
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The group in the request of a course with these settings.
fn group(told: &[(&str, &str)]) -> serde_json::Value {
    let ticket = r#"{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":["self-hosted","modal"],"created":1800000000000,"private":true,"runner":null}"#;
    let told = told.iter().chain(&[("GITHUB_TOKEN", "ghp_canary")]);
    let told: Vec<_> = told.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = CoursesSettings::read(&told).settings.expect("good settings");
    let mut course = Course::open(Ticket::read(ticket).expect("a ticket"), settings, 42);
    let mut event = Event::Report(Report::Opened);
    loop {
        event = match course.next(event, NOW) {
            Step::Ask(request) if request.path.ends_with("/generate-jitconfig") => {
                let body = request.body.as_deref().expect("a body");
                let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
                return body["runner_group_id"].clone();
            }
            Step::Ask(_) => {
                Event::Response(Ok(Response { status: 200, body: "{}".into(), ..Response::default() }))
            }
            Step::Tell(Command::Start(_)) => Event::Report(Report::Started("sb-1".into())),
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn a_registration_asks_for_the_group_that_is_set() {
    assert_eq!(group(&[]), 1);
    assert_eq!(group(&[("RUNNER_GROUP_ID", "7")]), 7);
}

#[test]
fn a_config_that_is_not_one_word_is_not_handed_over() {
    let config = |text: &str| {
        let body = serde_json::json!({"runner": {"id": 9, "name": "jitney-7-aaaaaaaa", "status": "offline",
            "busy": false, "labels": []}, "encoded_jit_config": text});
        let answer = Response { status: 201, body: body.to_string().into_bytes(), ..Response::default() };
        Minted::read(&Ok(answer), NOW).map(|minted| minted.config.expose().to_owned())
    };
    assert_eq!(config("anB0").as_deref(), Ok("anB0"));
    for bad in ["", "an B0", " anB0", "anB0\n", "an\r\nB0", "an\tB0", "an\0B0", "anB\u{e9}"] {
        assert!(config(bad).is_err(), "{bad:?}");
    }
}
