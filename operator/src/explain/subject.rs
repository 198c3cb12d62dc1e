//! What is to be explained: a job, by its page's address or by its number, or a delivery by its GUID.

use jitney::words::ids::{Guid, JobId};
use jitney::words::printable::Shown;
use jitney::words::repository::Repository;

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A job.
    Job(Repository, JobId),
    /// The job that a delivery spoke of.
    Delivery(Guid),
}

/// The forms that are read, for whoever wrote another.
const FORMS: &str = "write the address of the job's page (…/OWNER/REPO/actions/runs/RUN/job/JOB), `OWNER/REPO JOB_ID`, or a delivery's GUID";

impl Subject {
    /// Reads a subject. `pages` is where this GitHub's pages are, as `https://github.com`.
    pub fn parse(text: &str, pages: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((scheme, rest)) = text.split_once("://") {
            return Self::of_page(scheme, rest, pages);
        }
        let (repository, job) = match text.split_once(|c: char| c.is_whitespace() || c == '#') {
            Some((repository, job)) => (repository, job.trim()),
            None => text.rsplit_once('/').filter(|(left, _)| left.contains('/')).unwrap_or((text, "")),
        };
        if let Some(job) = number(job) {
            return Repository::parse(repository)
                .map(|repository| Self::Job(repository, job))
                .map_err(|fault| format!("`{}` is no repository's name: {fault}", Shown(repository)));
        }
        if number(text).is_some() {
            return Err(
                "a job's number says nothing without its repository: write `OWNER/REPO JOB_ID`".to_owned()
            );
        }
        match Guid::parse(text) {
            Some(guid) if text.contains('-') => Ok(Self::Delivery(guid)),
            _ => Err(format!("`{}` is neither a job nor a delivery; {FORMS}", Shown(text))),
        }
    }

    fn of_page(scheme: &str, rest: &str, pages: &str) -> Result<Self, String> {
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let own = pages.split_once("://").map_or(pages, |(_, own)| own);
        if !host.eq_ignore_ascii_case(own) || !matches!(scheme, "https" | "http") {
            return Err(format!(
                "the address is on `{}`, while the settings say that GitHub is at {pages}; GITHUB_ENTERPRISE_DOMAIN names another",
                Shown(host)
            ));
        }
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let [owner, name, rest @ ..] = parts.as_slice() else {
            return Err(format!("the address is not that of a job's page; {FORMS}"));
        };
        let repository = Repository::parse(&format!("{owner}/{name}"))
            .map_err(|fault| format!("the address names no repository: {fault}"))?;
        let job = match rest {
            ["actions", "runs", _, "job", job] | ["actions", "runs", _, "attempts", _, "job", job] => {
                number(job)
            }
            ["runs", job] => number(job),
            ["actions", "runs", run] | ["actions", "runs", run, "attempts", _] if number(run).is_some() => {
                return Err(format!(
                    "the address is that of a run, which has one job or many: open it, choose the job on the left, and take the address then (…/actions/runs/{run}/job/JOB); or see their numbers with `gh api repos/{repository}/actions/runs/{run}/jobs`"
                ));
            }
            _ => None,
        };
        job.map(|job| Self::Job(repository, job))
            .ok_or_else(|| format!("the address is not that of a job's page; {FORMS}"))
    }
}

fn number(text: &str) -> Option<JobId> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&id| plain && id != 0).map(JobId)
}
