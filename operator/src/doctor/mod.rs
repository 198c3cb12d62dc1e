//! What an operator asks when nothing runs: each thing that jitney needs of GitHub, tried by a request that changes
//! nothing, and said with its cure; and what was not tried, with the reason. What is asked stands here, what the
//! responses mean in [`meaning`] and [`credential`].

mod credential;
mod meaning;

use jitney::course::desk::Desk;
use jitney::github::group::{Member, RunnerGroup};
use jitney::github::hook::{Hook, HookHome};
use jitney::github::{Request, Response};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;

/// How things stand with one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but look.
    Warn,
    /// It does not work.
    Fail,
    /// Nobody knows: it was not looked at, and the finding says why.
    Unchecked,
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
/// The most pages of a runner group's repositories that are read, a hundred on each.
const PAGES: u32 = 10;

/// Asks GitHub what changes nothing. An App whose keys instance cannot sign, which its settings say, is not tried.
pub async fn examine(desk: Desk, settings: CoursesSettings, can_sign: bool) -> Vec<Finding> {
    let is_app = matches!(settings.credential, SignIn::App);
    if is_app && !can_sign {
        return vec![meaning::unsigned()];
    }
    let examination = Examination { desk: &desk, settings: &settings, is_app };
    let mut findings = Vec::new();
    // What keeps one thing from being seen keeps the rest: one row says so, another what was not checked for it.
    if examination.all(&mut findings).await.is_none() {
        findings.push(meaning::stopped());
    }
    let mut once: Vec<Finding> = Vec::new();
    for finding in findings {
        if !once.contains(&finding) {
            once.push(finding);
        }
    }
    once
}

struct Examination<'a> {
    desk: &'a Desk,
    settings: &'a CoursesSettings,
    is_app: bool,
}

impl Examination<'_> {
    /// Everything; `None` where there was no going on.
    async fn all(&self, findings: &mut Vec<Finding>) -> Option<()> {
        self.credential(findings).await?;
        let named = self.settings.allowlist.exact();
        findings.extend(meaning::unnamed(self.settings, &named, MOST));
        let mut owners: Vec<&str> = Vec::new();
        for repository in named.iter().take(MOST) {
            self.repository(repository, findings).await?;
            if self.settings.scope == Scope::Organization {
                let is_new = !owners.contains(&repository.owner());
                owners.push(repository.owner());
                self.group(repository, is_new, findings).await?;
            }
        }
        Some(())
    }

    /// A response, or `None` where GitHub is silent, which is said.
    async fn ask(&self, request: Request, findings: &mut Vec<Finding>) -> Option<Response> {
        match self.desk.ask(request).await {
            Ok(response) => Some(response),
            Err(fault) => {
                findings.push(meaning::silence(self.settings, fault));
                None
            }
        }
    }

    async fn credential(&self, findings: &mut Vec<Finding>) -> Option<()> {
        let now = self.desk.now();
        if !self.is_app {
            let response = self.ask(Request::quota(), findings).await?;
            findings.extend(credential::quota(self.settings, &response, now));
            return (response.status != 401).then_some(());
        }
        let response = self.ask(Request::app(), findings).await?;
        let status = response.status;
        findings.extend(credential::app(self.settings, &response.clone(), &Ok(response), now));
        if status != 200 {
            return None;
        }
        let hook = Hook { home: HookHome::App, id: None };
        let response = self.ask(Request::hook_config(&hook), findings).await?;
        findings.push(credential::own_webhook(self.settings, &Ok(response)));
        Some(())
    }

    async fn repository(&self, repository: &Repository, findings: &mut Vec<Finding>) -> Option<()> {
        let settings = self.settings;
        // Whoever may only read sees runners and downloads. The token itself is dropped, and expires within the hour.
        let token = self.ask(Request::registration_token(settings.scope, repository), findings).await?;
        let downloads = self.ask(Request::runner_downloads(settings.scope, repository), findings).await?;
        let runs = self.ask(Request::runs(repository, "queued", 1), findings).await?;
        if runs.status == 404 {
            findings.push(meaning::hidden(repository));
            return Some(());
        }
        findings.push(meaning::administration(repository, &token));
        findings.extend(meaning::offer(settings, &Ok(downloads)));
        findings.push(meaning::actions(repository, &runs));
        if !self.is_app {
            let home = match settings.scope {
                Scope::Repository => HookHome::Repository(repository.clone()),
                Scope::Organization => HookHome::Organization(repository.clone()),
            };
            let hooks = self.ask(Request::hooks(&home), findings).await?;
            findings.extend(meaning::webhook(settings, &home, &Ok(hooks)));
        }
        Some(())
    }

    /// The runner group's access to a repository; that there is the group is said once an organization.
    async fn group(&self, repository: &Repository, is_new: bool, findings: &mut Vec<Finding>) -> Option<()> {
        let response = self.ask(Request::runner_group(repository, self.settings.group), findings).await?;
        let group = Ok(response);
        if is_new {
            findings.push(meaning::group(repository, self.settings.group, &group));
        }
        let Some(seen) = RunnerGroup::seen(&group) else { return Some(()) };
        let mut members = Vec::new();
        for page in 1..=PAGES {
            if seen.visibility != "selected" {
                break;
            }
            let request = Request::group_repositories(repository, self.settings.group, page);
            let listed = Member::page(&Ok(self.ask(request, findings).await?));
            let is_last = listed.as_ref().is_none_or(|page| !page.full);
            members.extend(listed.map(|page| page.items).unwrap_or_default());
            if is_last {
                break;
            }
        }
        findings.push(meaning::access(repository, &seen, &members));
        Some(())
    }
}
