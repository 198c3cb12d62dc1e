//! `explain`: an inquiry's questions asked one after another, in an instance that is told all settings.

use super::{Jitney, bindings::exports::jitney::core::explain as wit, http, keys, now};
use jitney::course::Sandbox;
use jitney::github::{Fault, Request, Response};
use jitney::settings::{CoursesSettings, Credential, IntakeSettings, Problem};
use jitney::ticket::Ticket;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney_operator::explain::{self, Failure, Inquiry, Row, Seen, Story, Subject, read_lines};
use std::cell::RefCell;
use std::collections::BTreeMap;
use wasi::cli::environment::get_environment;

/// An inquiry, and what its requests need.
pub(super) struct Asking {
    inquiry: RefCell<Inquiry>,
    settings: CoursesSettings,
}

impl wit::Guest for Jitney {
    type Inquiry = Asking;
}

impl wit::GuestInquiry for Asking {
    fn open(subject: String) -> Result<wit::Inquiry, wit::Failure> {
        open(&subject).map(wit::Inquiry::new).map_err(failed)
    }

    fn ask(&self, recent: Vec<(u64, String)>) -> Option<wit::Failure> {
        let rows = recent.iter().filter_map(|(at, answered)| Row::read(*at, answered)).collect();
        self.inquiry.borrow_mut().remember(rows);
        self.play().err().map(failed)
    }

    fn job(&self) -> String {
        self.inquiry.borrow().job().map_or_else(String::new, |job| job.id.to_string())
    }

    fn span(&self) -> (u64, u64) {
        let (since, until) = self.inquiry.borrow().span(now());
        (since.0, until.0)
    }

    fn tell(&self, seen: wit::Seen) -> Option<wit::Story> {
        explain::tell(&self.inquiry.borrow(), &read(seen), now()).map(carry)
    }
}

impl Asking {
    fn play(&self) -> Result<(), Failure> {
        let mut granted = BTreeMap::new();
        let mut inquiry = self.inquiry.borrow_mut();
        let mut request = inquiry.next(None)?;
        while let Some(next) = request {
            let answer = ask(&self.settings, &mut granted, next);
            request = inquiry.next(Some(answer.as_ref().map_err(|fault| *fault)))?;
        }
        Ok(())
    }
}

fn failed(failure: Failure) -> wit::Failure {
    match failure {
        Failure::Subject(why) => wit::Failure { misread: true, why },
        Failure::Unasked(why) => wit::Failure { misread: false, why },
    }
}

fn open(subject: &str) -> Result<Asking, Failure> {
    let mut environment = get_environment();
    // Nothing is signed here: whoever may ask GitHub may ask for its story.
    if !environment.iter().any(|(name, _)| name == "WEBHOOK_SECRET") {
        environment.push(("WEBHOOK_SECRET".to_owned(), "not used here".to_owned()));
    }
    let (intake, courses) = (IntakeSettings::read(&environment), CoursesSettings::read(&environment));
    let (Some(intake), Some(settings)) = (intake.settings, courses.settings) else {
        let fault = intake.problems.first().or(courses.problems.first()).map(said).unwrap_or_default();
        return Err(Failure::Unasked(format!("a setting is at fault: {fault}")));
    };
    let subject = Subject::parse(subject, &settings.api.pages()).map_err(Failure::Subject)?;
    let inquiry = RefCell::new(Inquiry::new(intake, settings.clone(), subject));
    Ok(Asking { inquiry, settings })
}

fn said(problem: &Problem) -> String {
    format!("{} {}; {}", problem.setting, problem.fault, problem.cure)
}

/// Asks with a credential that is got once for all that it opens.
fn ask(
    settings: &CoursesSettings,
    granted: &mut BTreeMap<String, Secret>,
    request: Request,
) -> Result<Response, Fault> {
    let credential = match &settings.credential {
        Credential::Token(token) => token.clone(),
        Credential::App => {
            let whose = request.whose.write();
            if !granted.contains_key(&whose) {
                match keys::grant(request.whose.clone()) {
                    Ok(grant) => granted.insert(whose.clone(), grant.token),
                    Err(refused) => return refused,
                };
            }
            granted.get(&whose).cloned().ok_or(Fault::Denied)?
        }
    };
    http::send(&settings.api, &Request { credential: Some(credential), ..request })
}

fn read(seen: wit::Seen) -> Seen {
    let sandbox = |(id, tags): (String, Vec<(String, String)>)| Sandbox { id, tags };
    let ticket = |(ticket, due): (String, u64)| Some((Ticket::read(&ticket).ok()?, Timestamp(due)));
    Seen {
        sandboxes: seen.sandboxes.map(|found| found.into_iter().map(sandbox).collect()),
        unasked: seen.unasked,
        waiting: seen.waiting.into_iter().filter_map(ticket).collect(),
        entries: read_lines(&seen.entries),
    }
}

fn carry(story: Story) -> wit::Story {
    let event = |event: explain::Event| wit::Event {
        at: event.at.map(|at| at.0),
        what: event.what.to_owned(),
        said: event.said,
        cure: event.cure,
        stops: event.stops,
    };
    wit::Story {
        repository: story.repository.to_string(),
        job: story.job.to_string(),
        page: story.page,
        events: story.events.into_iter().map(event).collect(),
        state: story.conclusion.state.to_owned(),
        conclusion: story.conclusion.text,
    }
}
