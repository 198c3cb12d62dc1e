//! `explain`: the questions to GitHub about a job, and what is explained of it then. It reads text that others chose, so
//! it is told a courses instance's part of the settings and no more.

use super::bindings::exports::jitney::core::{courses, explain as wit};
use super::play::Conversation;
use super::{Jitney, now};
use jitney::course::Sandbox;
use jitney::course::desk::Play;
use jitney::settings::{CoursesSettings, Problem};
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;
use jitney_operator::explain::{
    Explanation, Facts, HostFacts, Moment, RecentDelivery, Subject, Unexplained, ask, explain, read_lines,
};
use wasi::cli::environment::get_environment;

type Questions = Conversation<Result<Facts, Unexplained>>;

impl wit::Guest for Jitney {
    type Questions = Questions;

    fn check(subject: String) -> Result<(), wit::Unexplained> {
        check(&subject).map(|_| ()).map_err(|unexplained| to_host(&unexplained))
    }
}

impl wit::GuestQuestions for Questions {
    fn open(subject: String, recent: Vec<(u64, String)>) -> Result<wit::Questions, String> {
        let (settings, subject) = check(&subject).map_err(|unexplained| to_host(&unexplained).why)?;
        let (api, credential) = (settings.api.clone(), settings.credential.clone());
        let recent = recent.iter().filter_map(|(at, answered)| RecentDelivery::read(*at, answered)).collect();
        let play = Play::new(credential, None, |desk| ask(desk, settings, subject, recent));
        Ok(wit::Questions::new(Conversation::new(api, play)))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn job(&self) -> Result<String, wit::Unexplained> {
        facts(self, |facts| facts.job.id.to_string())
    }

    fn span(&self) -> (u64, u64) {
        let span = |facts: &Facts| {
            let (since, until) = facts.span(now());
            (since.0, until.0)
        };
        facts(self, span).unwrap_or_default()
    }

    fn explain(&self, host: wit::HostFacts) -> Result<wit::Explanation, wit::Unexplained> {
        let host = from_host(host);
        facts(self, |facts| carry(explain(facts, &host, now())))
    }
}

/// Something of the facts, once GitHub told them.
fn facts<R>(questions: &Questions, of: impl FnOnce(&Facts) -> R) -> Result<R, wit::Unexplained> {
    let told = questions.read(|facts| facts.as_ref().map(of).map_err(to_host));
    told.unwrap_or_else(|| Err(to_host(&Unexplained::Unasked("the questions are not over".to_owned()))))
}

fn check(subject: &str) -> Result<(CoursesSettings, Subject), Unexplained> {
    let checked = CoursesSettings::read(&get_environment());
    let settings = checked.settings.ok_or_else(|| {
        let fault = checked.problems.first().map_or_else(String::new, Problem::line);
        Unexplained::Unasked(format!("a setting is at fault: {fault}"))
    })?;
    let subject = Subject::parse(subject, &settings.api.pages()).map_err(Unexplained::Misread)?;
    Ok((settings, subject))
}

fn to_host(unexplained: &Unexplained) -> wit::Unexplained {
    match unexplained {
        Unexplained::Misread(why) => wit::Unexplained { misread: true, why: why.clone() },
        Unexplained::Unasked(why) => wit::Unexplained { misread: false, why: why.clone() },
    }
}

fn from_host(facts: wit::HostFacts) -> HostFacts {
    let sandbox = |(id, tags): (String, Vec<(String, String)>)| Sandbox { id, tags };
    let ticket = |(ticket, due): (String, u64)| Some((Ticket::read(&ticket).ok()?, Timestamp(due)));
    HostFacts {
        sandboxes: facts.sandboxes.map(|found| found.into_iter().map(sandbox).collect()),
        unasked: facts.unasked,
        waiting: facts.waiting.into_iter().filter_map(ticket).collect(),
        entries: read_lines(&facts.entries),
    }
}

fn carry(explanation: Explanation) -> wit::Explanation {
    let moment = |moment: Moment| wit::Moment {
        at: moment.at.map(|at| at.0),
        what: moment.what.to_owned(),
        said: moment.said,
        cure: moment.cure,
        stops: moment.stops,
    };
    wit::Explanation {
        repository: explanation.repository.to_string(),
        job: explanation.job.to_string(),
        page: explanation.page,
        timeline: explanation.timeline.into_iter().map(moment).collect(),
        state: explanation.conclusion.state.to_owned(),
        conclusion: explanation.conclusion.text,
    }
}
