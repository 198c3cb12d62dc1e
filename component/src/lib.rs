//! The only module that knows WASI: it carries the core's values across the component's boundary.
//!
//! It reads the environment and the clock, makes the requests that courses want, and answers to the WIT contract.

#![cfg(target_os = "wasi")]

mod bindings;
mod command;
mod doctor;
mod exit;
mod explain;
mod exports;
mod http;
mod keys;
mod run;
mod setup;
mod status;

use bindings::exports::jitney::core as wit;
use jitney::course::{self, Course, Event, Step};
use jitney::delivery::Headers;
use jitney::github;
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::reply::{self, Outcome, Reason, Subject};
use jitney::settings::{
    ApiBase, Checked, CoursesSettings, Credential, DECLARED, IntakeSettings, KeysSettings, Problem,
};
use jitney::ticket::{Purpose, Ticket};
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney::words::version::RunnerVersion;
use std::cell::RefCell;
use wasi::cli::environment::get_environment;
use wasi::clocks::wall_clock;
use wit::intake::{Fault, Opening, Reply};
use wit::settings::Kind;

struct Jitney;

fn now() -> Timestamp {
    let now = wall_clock::now();
    Timestamp(now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000)))
}

fn carry(answer: &reply::Reply) -> Reply {
    Reply { status: answer.outcome.status(), body: answer.body(), log: answer.log() }
}

/// The answer that every delivery gets while settings are at fault. Names variables, never values.
fn unready(problems: &[Problem]) -> Option<Reply> {
    let first = problems.first()?;
    let others = match problems.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    let text = format!("{} {}{others}; {}", first.setting, first.fault, first.cure);
    Some(carry(&reply::Reply::new(Outcome::Unready, Reason::new("settings", text), Subject::default())))
}

impl wit::settings::Guest for Jitney {
    fn declared() -> Vec<wit::settings::Setting> {
        let setting = |d: &jitney::settings::Declared| wit::settings::Setting {
            name: d.name.to_owned(),
            intake: d.intake,
            courses: d.courses,
            keys: d.keys,
        };
        DECLARED.iter().map(setting).collect()
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
    wit::settings::Readiness { unready: unready(&checked.problems), report: checked.report() }
}

fn opening(ticket: &Ticket, waiting: &reply::Reply) -> Opening {
    Opening { ticket: ticket.write(), resumption: ticket.resumption().write(), waiting: carry(waiting) }
}

impl wit::intake::Guest for Jitney {
    fn decide(head: String, body: String) -> wit::intake::Verdict {
        let checked = IntakeSettings::read(&get_environment());
        let Some(settings) = checked.settings else {
            let answer = unready(&checked.problems).unwrap_or_else(|| Self::turn_away(head, Fault::Broken));
            return wit::intake::Verdict::Reply(answer);
        };
        match decide(&settings.admission, &head, &body, Trust::Signed).verdict {
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
        };
        let guid = Headers::parse(&head).ok().and_then(|headers| headers.guid);
        let subject = Subject { delivery: guid, ..Subject::default() };
        carry(&reply::Reply::new(outcome, Reason::new(code, text), subject))
    }
}

impl wit::releases::Guest for Jitney {
    fn whose() -> Option<String> {
        let settings = CoursesSettings::read(&get_environment()).settings?;
        let repository = settings.allowlist.exact().into_iter().next()?;
        let app = matches!(settings.credential, Credential::App);
        app.then(|| github::Whose::Repository(repository, None).write())
    }

    fn runner(token: Option<String>) -> Result<wit::releases::Release, String> {
        let checked = CoursesSettings::read(&get_environment());
        let settings = checked.settings.ok_or("the settings are at fault")?;
        let credential = match &settings.credential {
            Credential::Token(token) => Some(token.clone()),
            Credential::App => token.map(Secret::new),
        };
        let ask = |api: &ApiBase, credential: Option<Secret>, request: github::Request| {
            http::send(api, &github::Request { credential, ..request })
        };
        let offered = || {
            let repository = settings.allowlist.exact().into_iter().next()?;
            let request = github::Request::runner_downloads(settings.scope, &repository);
            let answer = ask(&settings.api, credential.clone(), request);
            github::read_downloads(answer.as_ref().map_err(|fault| *fault))
        };
        let wanted = settings.runner_version.clone().or_else(offered);
        let (api, ours) = settings.releases();
        let request = github::Request::runner_release(wanted.as_ref().map(|wanted| wanted.version));
        let answer = ask(&api, credential.clone().filter(|_| ours), request);
        let found = github::read_release(answer.as_ref().map_err(|fault| *fault), wanted.as_ref(), now())?;
        Ok(wit::releases::Release {
            version: found.version.to_string(),
            url: found.url,
            sha256: found.sha256.into(),
            stale: found.stale,
        })
    }

    fn alarms(version: String, built: u64) -> Vec<String> {
        let server = CoursesSettings::read(&get_environment()).settings.is_some_and(|s| s.api.is_server());
        match RunnerVersion::parse(&version) {
            Some(version) => github::alarms(version, Timestamp(built), server, now()),
            None => vec!["the runner image has no version that can be read".to_owned()],
        }
    }

    fn images() -> Vec<String> {
        CoursesSettings::read(&get_environment()).settings.map_or_else(Vec::new, |settings| settings.images())
    }
}

/// A course, and the settings that its requests need.
struct OpenCourse {
    course: RefCell<Course>,
    settings: CoursesSettings,
}

impl wit::courses::Guest for Jitney {
    type Course = OpenCourse;
}

impl wit::courses::GuestCourse for OpenCourse {
    fn open(ticket: String) -> Result<wit::courses::Course, String> {
        let ticket = Ticket::read(&ticket)?;
        let settings =
            CoursesSettings::read(&get_environment()).settings.ok_or("the settings are at fault")?;
        let seed = wasi::random::random::get_random_u64();
        let course = RefCell::new(Course::open(ticket, settings.clone(), seed));
        Ok(wit::courses::Course::new(Self { course, settings }))
    }

    fn sweep(recent: Vec<String>, pending: Vec<String>) -> Result<wit::courses::Course, String> {
        let settings =
            CoursesSettings::read(&get_environment()).settings.ok_or("the settings are at fault")?;
        let read = |tickets: &[String]| -> Vec<Ticket> {
            tickets.iter().filter_map(|ticket| Ticket::read(ticket).ok()).collect()
        };
        let course = RefCell::new(Course::sweep(settings.clone(), &read(&recent), &read(&pending)));
        Ok(wit::courses::Course::new(Self { course, settings }))
    }

    fn next(&self, report: wit::courses::Report) -> wit::courses::Command {
        command::to_host(play(
            &mut self.course.borrow_mut(),
            &self.settings,
            Event::Report(command::from_host(report)),
        ))
    }
}

/// Plays a course on until it wants something of the host.
fn play(course: &mut Course, settings: &CoursesSettings, event: Event) -> course::Command {
    let mut event = event;
    loop {
        match course.next(event, now()) {
            Step::Tell(command) => return command,
            Step::Ask(request) => {
                event = Event::Response(http::send(&settings.api, &request));
            }
        }
    }
}
