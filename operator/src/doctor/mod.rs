//! What an operator asks when nothing runs: each thing that jitney needs of GitHub, tried by a request that changes
//! nothing, and said with its cure. What is asked stands here, what the responses mean in [`meaning`].

mod meaning;

use jitney::course::desk::Desk;
use jitney::github::hook::HookHome;
use jitney::github::{Answer, Request, Response};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::scope::Scope;
use meaning::{actions, administration, app, group, offer, quota, silence, webhook};

/// How things stand with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but look.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub level: Level,
    /// What was looked at.
    pub what: String,
    /// What was seen.
    pub why: String,
    /// What to do about it; empty if nothing.
    pub cure: String,
}

/// The most repositories that are looked at.
const MOST: usize = 10;

/// Asks GitHub what changes nothing. An App whose keys instance cannot sign, which its settings say, is not tried.
pub async fn examine(desk: Desk, settings: CoursesSettings, can_sign: bool) -> Vec<Finding> {
    let is_app = matches!(settings.credential, SignIn::App);
    if is_app && !can_sign {
        return Vec::new();
    }
    let mut found = Found { settings: &settings, findings: Vec::new() };
    if is_app {
        found.add(&desk.ask(Request::app()).await, |response, answer| {
            app(&settings, response, answer, desk.now())
        });
    } else {
        found.add(&desk.ask(Request::quota()).await, |response, _| quota(&settings, response, desk.now()));
    }
    for repository in settings.allowlist.exact().into_iter().take(MOST) {
        // Whoever may only read sees runners and downloads. The token itself is dropped, and expires within the hour.
        let token = desk.ask(Request::registration_token(settings.scope, &repository)).await;
        found.add(&token, |response, _| vec![administration(&repository, response)]);
        let downloads = desk.ask(Request::runner_downloads(settings.scope, &repository)).await;
        found.add(&downloads, |_, answer| offer(&settings, answer));
        let runs = desk.ask(Request::runs(&repository, "queued", 1)).await;
        found.add(&runs, |response, _| vec![actions(&repository, response)]);
        if !is_app {
            let hooks = desk.ask(Request::hooks(&HookHome::Repository(repository.clone()))).await;
            found.add(&hooks, |response, answer| webhook(&settings, &repository, response, answer));
        }
        if settings.scope == Scope::Organization {
            let runner_group = desk.ask(Request::runner_group(&repository, settings.group)).await;
            found.add(&runner_group, |response, _| vec![group(&repository, response)]);
        }
    }
    found.findings
}

struct Found<'a> {
    settings: &'a CoursesSettings,
    findings: Vec<Finding>,
}

impl Found<'_> {
    /// What a response means; a GitHub that is silent is said once.
    fn add(&mut self, answer: &Answer, means: impl FnOnce(&Response, &Answer) -> Vec<Finding>) {
        let new = match answer {
            Ok(response) => means(response, answer),
            Err(fault) => vec![silence(self.settings, *fault)],
        };
        for finding in new {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }
}
