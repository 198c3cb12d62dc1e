//! What GitHub's log of a webhook's deliveries says about a job.
//!
//! The listing does not say which job a delivery was about, so the deliveries nearest to the job's own times are looked
//! into, a bounded number of them.

use super::candidates::{Candidate, choose};
use super::facts::{Job, LoggedDelivery, RecentDelivery, Unexplained, WebhookLog};
use jitney::course::desk::Desk;
use jitney::github::delivery::{Attempt, Carried, Went, carried};
use jitney::github::hook::{Hook, HookHome, ListedHook};
use jitney::github::{Answer, Request};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::ids::{Guid, JobId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use std::collections::VecDeque;

/// The most pages that are read of one webhook's log.
const PAGES: u32 = 10;
/// The most repositories whose webhooks are searched for a GUID.
const HOMES: usize = 10;
/// A delivery may be dated before its job by this many milliseconds: they are whole seconds, of several machines.
const EARLY: u64 = 60_000;

/// The status of a response, or 0 if there was none.
fn status(response: &Answer) -> u16 {
    response.as_ref().map_or(0, |response| response.status)
}

/// The job that the delivery of this GUID was about.
pub(super) async fn job_of(
    desk: &Desk,
    settings: &CoursesSettings,
    guid: &Guid,
    recent: &[RecentDelivery],
) -> Result<(Repository, JobId), Unexplained> {
    let allowed = &settings.allowlist;
    let repositories = allowed.exact().into_iter().take(HOMES).map(HookHome::Repository);
    let organizations = allowed.owners().into_iter().map(HookHome::Organization);
    // A GUID says nothing of its time: the log is read until it comes up.
    let enough = |listed: &[Attempt], _| listed.iter().any(|attempt| attempt.guid == *guid);
    let (mut hidden, mut read) = (None, false);
    for home in homes(settings, repositories.chain(organizations)) {
        let hooks = match hooks(desk, settings, &home).await {
            Ok(hooks) => hooks,
            Err(status) => {
                hidden = hidden.or(Some(status).filter(|_| !matches!(home, HookHome::Organization(_))));
                continue;
            }
        };
        for hook in hooks {
            match list(desk, &hook, enough).await {
                Ok(listed) => {
                    read = true;
                    for candidate in choose(listed, None, Some(guid), recent) {
                        if let Some(Carried { repository, job, .. }) =
                            look_into(desk, &hook, &candidate.newest).await
                        {
                            return Ok((repository, job));
                        }
                    }
                }
                Err(status) => hidden = hidden.or(Some(status)),
            }
        }
    }
    Err(Unexplained::Misread(match hidden {
        Some(status) => format!(
            "GitHub answers {status} where the webhooks' deliveries are asked for, which needs Webhooks: read; give the job's address instead"
        ),
        None if read => format!(
            "the webhook's log holds no delivery {} of a workflow job among its last thousand; GitHub keeps them for three days; give the job's address instead",
            guid.as_str()
        ),
        None => "no webhook of the repositories that ALLOWED_REPOS names one by one leads to jitney; give the job's address instead".to_owned(),
    }))
}

/// The deliveries about a job; the one that was `named` is looked into first.
pub(super) async fn about(
    desk: &Desk,
    settings: &CoursesSettings,
    job: &Job,
    named: Option<&Guid>,
    recent: &[RecentDelivery],
) -> WebhookLog {
    let created = Timestamp(job.created.map_or(0, |created| created.0.saturating_sub(EARLY)));
    let enough = |_: &[Attempt], oldest| oldest < created;
    let (mut found, mut looked, mut read, mut hidden) = (Vec::new(), 0, false, None);
    let own = [HookHome::Repository, HookHome::Organization].map(|home| home(job.repository.clone()));
    for home in homes(settings, own.into_iter()) {
        match hooks(desk, settings, &home).await {
            Ok(hooks) => {
                for hook in &hooks {
                    match list(desk, hook, enough).await {
                        Ok(listed) => {
                            read = true;
                            let candidates = choose(listed, Some(job), named, recent);
                            looked += pick(desk, hook, job, candidates, &mut found).await;
                        }
                        Err(status) => hidden = Some(status),
                    }
                }
                // A repository's own webhook is enough: its organization's need not be asked for.
                if !hooks.is_empty() {
                    break;
                }
            }
            Err(_) if matches!(home, HookHome::Organization(_)) => {}
            Err(status) => hidden = Some(status),
        }
    }
    found.sort_by_key(|logged: &LoggedDelivery| logged.first);
    match hidden {
        _ if read => WebhookLog::Read(found, looked),
        Some(status) => WebhookLog::Hidden(status),
        None => WebhookLog::Nowhere,
    }
}

/// Looks into candidates until each kind of change of the job is found, and says into how many.
async fn pick(
    desk: &Desk,
    hook: &Hook,
    job: &Job,
    mut candidates: VecDeque<Candidate>,
    found: &mut Vec<LoggedDelivery>,
) -> usize {
    let mut looked = 0;
    while let Some(Candidate { newest, first, attempts, .. }) = candidates.pop_front() {
        looked += 1;
        let carried = look_into(desk, hook, &newest).await;
        let ours = |carried: &Carried| carried.job == job.id && carried.repository == job.repository;
        if let Some(carried) = carried.filter(ours) {
            candidates.retain(|other| other.newest.action != newest.action);
            found.push(LoggedDelivery { newest, first, attempts, carried });
        }
    }
    looked
}

async fn look_into(desk: &Desk, hook: &Hook, attempt: &Attempt) -> Option<Carried> {
    carried(&desk.ask(Request::attempt(hook, attempt.id)).await)
}

/// Where the webhooks are: an App has one of its own.
fn homes(settings: &CoursesSettings, homes: impl Iterator<Item = HookHome>) -> Vec<HookHome> {
    match settings.credential {
        SignIn::App => vec![HookHome::App],
        SignIn::Token(_) => homes.collect(),
    }
}

/// The webhooks there that are jitney's, or GitHub's status if they may not be read.
async fn hooks(desk: &Desk, settings: &CoursesSettings, home: &HookHome) -> Result<Vec<Hook>, u16> {
    if *home == HookHome::App {
        return Ok(vec![Hook { home: HookHome::App, id: None }]);
    }
    let response = desk.ask(Request::hooks(home)).await;
    let listed = ListedHook::all(&response).ok_or_else(|| status(&response))?;
    let ours =
        |hook: &ListedHook| hook.active && hook.sends_jobs() && settings.is_our_webhook(&hook.config.url);
    let hook = |hook: ListedHook| Hook { home: home.clone(), id: Some(hook.id) };
    Ok(listed.into_iter().filter(ours).map(hook).collect())
}

/// The attempts in a webhook's log, the newest first, until there are `enough`, given when the oldest one was; or
/// GitHub's status if the log may not be read.
async fn list(
    desk: &Desk,
    hook: &Hook,
    enough: impl Fn(&[Attempt], Timestamp) -> bool,
) -> Result<Vec<Attempt>, u16> {
    let (mut listed, mut cursor) = (Vec::new(), None);
    for page in 1..=PAGES {
        let response = desk.ask(Request::deliveries(hook, Went::Anyhow, cursor.as_ref())).await;
        let Some(found) = Attempt::all(&response) else {
            // What came before a page that cannot be read counts.
            return if page == 1 { Err(status(&response)) } else { Ok(listed) };
        };
        let oldest = found.last().map(|attempt| attempt.at);
        listed.extend(found.into_iter().filter(Attempt::is_of_job));
        let more = oldest.is_some_and(|oldest| !enough(&listed, oldest));
        cursor = response.ok().and_then(|response| response.next).filter(|_| more);
        if cursor.is_none() {
            break;
        }
    }
    Ok(listed)
}
