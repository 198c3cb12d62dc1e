//! An operator's play at a desk, against a script of what it asks and what GitHub says.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "each test file uses its part")]

use jitney::course::desk::{Desk, Next, Play};
use jitney::course::{Command, Event, Report, Step};
use jitney::github::{Fault, Method, Request, Response};
use jitney::house::Ruling;
use jitney::settings::CoursesSettings;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney_operator::setup::{Item, Target};
use serde_json::{Value, json};

pub(super) const URL: &str = "https://acme--jitney.modal.run";

pub(super) type Script<'a> = [(&'a str, Response)];

pub(super) fn settings(more: &[(&str, &str)]) -> CoursesSettings {
    let mut told = vec![("GITHUB_TOKEN", "ghp_x"), ("ALLOWED_REPOS", "octo/demo")];
    told.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    told.extend(more);
    let told: Vec<_> = told.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    CoursesSettings::read(&told).settings.expect("good settings")
}

pub(super) fn target(settings: &CoursesSettings, url: Option<&str>) -> Target {
    Target { settings: settings.clone(), url: url.map(str::to_owned) }
}

pub(super) fn answer(status: u16, body: &Value) -> Response {
    Response { status, body: body.to_string().into_bytes(), ..Response::default() }
}

/// A webhook as GitHub lists it, with `changes`.
pub(super) fn hook(changes: &Value) -> Value {
    let config = json!({"url": URL, "content_type": "json", "secret": "********"});
    let mut hook = json!({"id": 5, "active": true, "events": ["workflow_job"], "config": config});
    for (name, value) in changes.as_object().expect("an object") {
        hook[name] = value.clone();
    }
    hook
}

/// Plays what `make` makes: it must ask what is expected, as `METHOD path`, and gets the answer beside it, where status
/// 0 is silence. The bodies that it sent, and what it came to.
pub(super) fn play<T, F: Future<Output = T> + 'static>(
    settings: &CoursesSettings,
    make: impl FnOnce(Desk) -> F,
    script: &Script<'_>,
) -> (Vec<Value>, T) {
    let (mut sent, mut script) = (Vec::new(), script.iter());
    let mut play = Play::new(settings.credential.clone(), None, make);
    let mut event = Event::Report(Report::Opened);
    for _ in 0..600 {
        event = match play.next(event, Timestamp(0)).expect("it goes on") {
            Next::Step(Step::Ask(request)) => {
                let (expected, answer) = script.next().expect("an answer is left");
                assert_eq!(*expected, spelled(&request));
                sent.extend(request.body.as_deref().map(|body| serde_json::from_str(body).expect("JSON")));
                Event::Response(match answer.status {
                    0 => Err(Fault::Unreachable),
                    _ => Ok(answer.clone()),
                })
            }
            Next::Step(Step::Tell(Command::Credential { .. })) => {
                Event::Report(Report::Credential(Secret::new("t")))
            }
            Next::Step(Step::Consult(_)) => Event::Ruling(Ruling::Go),
            Next::Step(Step::Tell(Command::Pause(_))) => Event::Report(Report::Done),
            Next::Step(step) => panic!("it wants {step:?}"),
            Next::Over(over) => {
                assert_eq!(script.len(), 0, "it was to ask more");
                return (sent, over);
            }
        };
    }
    panic!("it does not end");
}

/// What comes to one item.
pub(super) fn one((sent, mut items): (Vec<Value>, Vec<Item>)) -> (Vec<Value>, Item) {
    assert_eq!(items.len(), 1, "{items:?}");
    (sent, items.remove(0))
}

pub(super) fn spelled(request: &Request) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    format!("{method} {}", request.path)
}

pub(super) const LIST: &str = "GET /repos/octo/demo/hooks?per_page=100";
