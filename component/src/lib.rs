//! The only module that knows WASI: it carries the core's values across the component's boundary.
//!
//! It reads the environment and the clock, makes the requests that courses want, and answers to the WIT contract.

#![cfg(target_os = "wasi")]

#[rustfmt::skip]
mod bindings;
mod command;
mod courses;
mod doctor;
mod explain;
mod exports;
mod house;
mod http;
mod keys;
mod ledger;
mod play;
mod releases;
mod reply;
mod run;
mod setup;
mod status;
mod trial;

use bindings::exports::jitney::core as wit;
use jitney::course;
use jitney::delivery::Headers;
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::reply::{Outcome, Reason, Subject};
use jitney::settings::{
    Checked, CoursesSettings, IntakeSettings, KeysSettings, Problem, TABLE, misspelt, warnings,
};
use jitney::ticket::{Purpose, Ticket};
use jitney::words::time::Timestamp;
use reply::carry;
use std::hint::black_box;
use std::sync::OnceLock;
use wasi::cli::environment::get_environment;
use wasi::clocks::wall_clock;
use wit::intake::{Fault, Opening, Reply};
use wit::settings::Kind;

struct Jitney;

fn now() -> Timestamp {
    let now = wall_clock::now();
    Timestamp(now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000)))
}

/// The answer that every delivery gets while settings are at fault. Names variables, never values.
fn unready(problems: &[Problem]) -> Option<Reply> {
    let first = problems.first()?;
    let others = match problems.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let text = format!("{} {}{others}; {}", first.setting, first.fault, first.cure);
    Some(carry(&jitney::reply::Reply::new(
        Outcome::Unready,
        Reason::new("settings", text),
        Subject::default(),
    )))
}

impl wit::settings::Guest for Jitney {
    fn declared() -> Vec<wit::settings::Setting> {
        let setting = |d: &&jitney::settings::Row| wit::settings::Setting {
            name: d.name.to_owned(),
            intake: d.to.intake,
            courses: d.to.courses,
            keys: d.to.keys,
        };
        TABLE.iter().map(setting).collect()
    }

    fn misspelt(names: Vec<String>) -> String {
        warnings(&misspelt(names.iter().map(String::as_str)))
    }

    fn check(kind: Kind) -> wit::settings::Readiness {
        let environment = get_environment();
        match kind {
            Kind::Intake => readiness(&IntakeSettings::read(&environment)),
            Kind::Courses => readiness(&CoursesSettings::read(&environment)),
            Kind::Keys => readiness(&KeysSettings::read(&environment)),
        }
    }
}

fn readiness<T>(checked: &Checked<T>) -> wit::settings::Readiness {
    wit::settings::Readiness {
        unready: unready(&checked.problems),
        report: checked.report(),
        shown: checked.public_report(),
    }
}

fn opening(ticket: &Ticket, waiting: &jitney::reply::Reply) -> Opening {
    Opening { ticket: ticket.write(), resumption: ticket.resumption().write(), waiting: carry(waiting) }
}

impl wit::intake::Guest for Jitney {
    fn decide(head: String, body: String) -> wit::intake::Verdict {
        // An instance's settings never change, and one that reads no body decides often.
        static SETTINGS: OnceLock<Checked<IntakeSettings>> = OnceLock::new();
        let checked = SETTINGS.get_or_init(|| IntakeSettings::read(&get_environment()));
        let Some(settings) = &checked.settings else {
            let answer = unready(&checked.problems).unwrap_or_else(|| Self::turn_away(head, Fault::Broken));
            return wit::intake::Verdict::Reply(answer);
        };
        match decide(&settings.admission, &head, &body, Trust::Signed(&settings.secrets)).verdict {
            Verdict::Unread(answer) => {
                // The next delivery that this instance decides on is somebody else's.
                let mut bytes = body.into_bytes();
                bytes.fill(0);
                black_box(&bytes);
                wit::intake::Verdict::Unread(carry(&answer))
            }
            Verdict::Reply(answer) => wit::intake::Verdict::Reply(carry(&answer)),
            Verdict::Refuse(answer, ticket) => wit::intake::Verdict::Refuse(opening(&ticket, &answer)),
            Verdict::Open(ticket) => {
                let opening = opening(&ticket, &course::still_running(&ticket));
                match ticket.purpose {
                    Purpose::Launch | Purpose::Refuse => wit::intake::Verdict::Launch(opening),
                    Purpose::Release => wit::intake::Verdict::Release(opening),
                    Purpose::Pair => wit::intake::Verdict::Pair(opening),
                }
            }
        }
    }

    fn turn_away(head: String, fault: Fault) -> Reply {
        let (outcome, code, text) = match fault {
            Fault::Method => (Outcome::Method, "method", "a delivery is a POST; GET / shows the health"),
            Fault::NoPage => {
                let text = "there is no such page; GET / shows the health, and a delivery is a POST";
                (Outcome::NoPage, "no-such-page", text)
            }
            Fault::TooLarge => {
                (Outcome::TooLarge, "too-large", "the body is over 25 MB, more than GitHub sends")
            }
            Fault::NotText => (Outcome::Malformed, "not-text", "the body or a header is not UTF-8"),
            Fault::Truncated => (Outcome::Malformed, "truncated", "the body ended early or came too slowly"),
            Fault::Busy => {
                (Outcome::Unready, "busy", "jitney holds as many deliveries as it can, or is shutting down")
            }
            Fault::Broken => {
                (Outcome::Broken, "component-failed", "jitney's component failed on this delivery")
            }
            Fault::Unkept => (
                Outcome::Unready,
                "not-kept",
                "the job has to wait, and the queue that keeps waiting jobs could not be reached",
            ),
        };
        let guid = Headers::parse(&head).ok().and_then(|headers| headers.guid);
        let subject = Subject { delivery: guid, ..Subject::default() };
        carry(&jitney::reply::Reply::new(outcome, Reason::new(code, text), subject))
    }
}
