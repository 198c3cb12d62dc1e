//! What GitHub is asked about a job, one question after another, each made of what the last one told.

use super::deliveries;
use super::facts::{Facts, Job, LoggedDelivery, RecentDelivery, Unexplained, Vetted};
use super::subject::Subject;
use jitney::course::desk::Desk;
use jitney::github::runner::Runner;
use jitney::github::{Request, Seen, job, run};
use jitney::policy::delivery::{Decision, Trust, Verdict, decide};
use jitney::settings::CoursesSettings;
use jitney::words::ids::{Guid, JobId};
use jitney::words::label::Label;
use jitney::words::repository::Repository;

/// The most pages of runners that are read.
const PAGES: u32 = 10;

/// Asks GitHub about `subject`, which changes nothing. `recent` is what the host remembers of deliveries: it may know
/// the job of the one that is named, and spares much of the search.
pub async fn ask(
    desk: Desk,
    settings: CoursesSettings,
    subject: Subject,
    recent: Vec<RecentDelivery>,
) -> Result<Facts, Unexplained> {
    let (named, (repository, id)) = match subject {
        Subject::Job(repository, job) => (None, (repository, job)),
        Subject::Delivery(guid) => {
            let known = match remembered(&recent, &guid) {
                Some(known) => known,
                None => deliveries::job_of(&desk, &settings, &guid, &recent).await?,
            };
            (Some(guid), known)
        }
    };
    let job = job(&desk, &settings, &repository, id).await?;
    let deliveries = deliveries::about(&desk, &settings, &job, named.as_ref(), &recent).await;
    let decision = decide_again(&settings, &job, deliveries.of("queued"));
    let vetted = vet(&desk, &settings, &job, &decision).await;
    let runners = runners(&desk, &settings, &job).await;
    let taker = taker(&desk, &job, runners.as_deref().unwrap_or_default()).await;
    Ok(Facts { settings, recent, job, deliveries, decision, vetted, runners, taker })
}

/// The job of a delivery that the host remembers.
fn remembered(recent: &[RecentDelivery], guid: &Guid) -> Option<(Repository, JobId)> {
    let answered = &recent.iter().find(|delivery| delivery.delivery() == Some(guid))?.answered;
    Some((answered.repository.as_deref()?.clone(), answered.job?))
}

async fn job(
    desk: &Desk,
    settings: &CoursesSettings,
    repository: &Repository,
    job: JobId,
) -> Result<Job, Unexplained> {
    let answer = desk.ask(Request::job(repository, job)).await;
    let status = match (&answer, job::Job::seen(&answer)) {
        (_, Seen::Is(shown)) => {
            let unreadable =
                || Unexplained::Unasked("GitHub's answer about the job cannot be read".to_owned());
            return Job::new(repository, shown).ok_or_else(unreadable);
        }
        (Err(fault), _) => {
            let api = &settings.api;
            return Err(Unexplained::Unasked(format!(
                "GitHub's API at {api} gave no answer ({fault:?}); check GITHUB_ENTERPRISE_DOMAIN and GITHUB_API_URL"
            )));
        }
        (Ok(response), _) => response.status,
    };
    match status {
        200 => Err(Unexplained::Unasked("GitHub's answer about the job cannot be read".to_owned())),
        404 => Err(Unexplained::Misread(format!(
            "GitHub shows no such job of {repository} (404): the number is not that of a job, or the credential does not see the repository, which `doctor` tells"
        ))),
        status => Err(Unexplained::Unasked(format!(
            "GitHub answers {status} where the job is asked for, which needs Actions: read on {repository}; `doctor` looks at the credential"
        ))),
    }
}

/// Decides on the delivery of the job's queueing by the settings of now; on one made of the job, where none was found.
fn decide_again(settings: &CoursesSettings, job: &Job, queued: Option<&LoggedDelivery>) -> Decision {
    let event = "x-github-event: workflow_job\n";
    match queued {
        Some(LoggedDelivery { newest, carried, .. }) => {
            let head = format!("{event}x-github-delivery: {}\n", newest.guid.as_str());
            decide(&settings.admission(), &head, &carried.payload, Trust::Unsigned)
        }
        None => decide(&settings.admission(), event, &payload_of(job), Trust::Unsigned),
    }
}

/// The payload that a job's queueing would have made.
fn payload_of(job: &Job) -> String {
    let labels: Vec<&str> = job.labels.iter().map(Label::as_str).collect();
    let wire = serde_json::json!({
        "action": "queued",
        "workflow_job": { "id": job.id, "run_id": job.run, "labels": labels },
        "repository": { "full_name": job.repository },
    });
    wire.to_string()
}

/// Whether the job's run may run here, if a launch would have to know.
async fn vet(desk: &Desk, settings: &CoursesSettings, job: &Job, decision: &Decision) -> Option<Vetted> {
    let Verdict::Open(ticket) = &decision.verdict else { return None };
    let cached = settings.rules.machine(&job.labels).is_ok_and(|machine| machine.cache);
    if !settings.vetting.is_needed(ticket.private, cached) {
        return None;
    }
    let response = desk.ask(Request::run(&job.repository, job.run)).await;
    let Some(run) = run::started_by(&response) else { return Some(Vetted::Unknown) };
    let judged = settings.vetting.judge(&job.repository, ticket.private, &run);
    Some(judged.map_or_else(Vetted::MayNot, |_| Vetted::May))
}

/// The registered runners that were meant for the job, or have it; `None` if they may not be read.
async fn runners(desk: &Desk, settings: &CoursesSettings, job: &Job) -> Option<Vec<Runner>> {
    let about =
        |runner: &Runner| runner.meant_for() == Some(job.id) || job.runner.as_ref() == Some(&runner.name);
    let mut all: Option<Vec<Runner>> = None;
    for page in 1..=PAGES {
        let response = desk.ask(Request::runners(settings.scope, &job.repository, page)).await;
        let Some(found) = Runner::page(&response) else { break };
        let full = found.full;
        all.get_or_insert_default().extend(found.items.into_iter().filter(about));
        if !full {
            break;
        }
    }
    all
}

/// The job that has one of the runners which were meant for this one.
async fn taker(desk: &Desk, job: &Job, runners: &[Runner]) -> Option<JobId> {
    let lost: Vec<&str> =
        runners.iter().filter(|runner| job.lost(runner)).map(|runner| runner.name.as_str()).collect();
    if lost.is_empty() {
        return None;
    }
    let response = desk.ask(Request::jobs(&job.repository, job.run, 1)).await;
    let has = |job: &job::Job| job.runner.as_deref().is_some_and(|name| lost.contains(&name));
    job::Job::page(&response)?.items.into_iter().find(has).map(|job| job.id)
}
