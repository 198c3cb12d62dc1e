//! What is made of several settings: how to sign in, where GitHub is, which jobs are ours, which runs may run here.

use super::fault::Fault;
use super::reader::{Environment, Reader};
use super::row::Instances;
use super::{jobs, table};
use crate::machine::Limits;
use crate::policy::labels::JobRules;
use crate::policy::run::Vetting;
use crate::words::api_base::ApiBase;
use crate::words::secret::Secret;
use crate::words::version::{RunnerPin, RunnerVersion};

/// How a courses instance signs in to GitHub.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// `GITHUB_TOKEN`, for everything.
    Token(Secret),
    /// A GitHub App: the host fetches from a keys instance what a request needs.
    App,
}

/// As the GitHub App if one is named, else with `GITHUB_TOKEN`.
pub(super) fn credential(reader: &mut Reader<'_>) -> SignIn {
    let row = &table::GITHUB_TOKEN.row;
    if reader.text(&table::GITHUB_APP_ID.row).is_none() {
        return SignIn::Token(table::GITHUB_TOKEN.read(reader));
    }
    if reader.text(row).is_some() {
        reader.warn(row, "is not used, because GITHUB_APP_ID is set", "unset one of the two");
    }
    SignIn::App
}

impl ApiBase {
    /// The one of an environment that may lack all else; `None` where its settings are at fault.
    pub fn of(environment: &Environment) -> Option<Self> {
        let mut reader = Reader::new(Instances::COURSES, environment);
        let base = api(&mut reader);
        reader.check(Some(base)).settings
    }
}

/// Where this GitHub's API is.
pub(super) fn api(reader: &mut Reader<'_>) -> ApiBase {
    let domain = table::GITHUB_ENTERPRISE_DOMAIN.read(reader);
    let url = table::GITHUB_API_URL.read(reader);
    url.or(domain).unwrap_or_else(ApiBase::github)
}

/// Which jobs are ours, and what they may ask for. A profile that no job could have is a problem at once, not at the
/// first job that names it.
pub(super) fn rules(reader: &mut Reader<'_>) -> JobRules {
    let limits = Limits {
        cpu: table::MAX_CPU.read(reader),
        memory: table::MAX_MEMORY_GIB.read(reader),
        gpus: table::ALLOWED_GPUS.read(reader),
        timeout: table::MAX_JOB_HOURS.read(reader),
    };
    let labels = table::RUNNER_LABELS.read(reader);
    let profiles = table::RUNNER_PROFILES.read(reader);
    for (name, shape) in &profiles {
        if let Err(reason) = limits.machine(shape) {
            let fault = format!("has a profile that no job could have: {}", reason.text);
            reader.problem(&table::RUNNER_PROFILES.row, Fault::of(name, fault), jobs::PROFILES_CURE);
        }
    }
    JobRules { labels, profiles, limits }
}

/// In org scope another repository's job could take the runner that has a repository's cache.
pub(super) fn refuse_caches(reader: &mut Reader<'_>, rules: &JobRules) {
    if rules.profiles.values().any(|shape| shape.cache == Some(true)) {
        let fault = "has a profile with a cache, and with RUNNER_SCOPE=org any repository's job could take its runner";
        reader.problem(&table::RUNNER_PROFILES.row, fault, "leave the cache out, or set RUNNER_SCOPE=repo");
    }
}

/// Which runs may run here.
pub(super) fn vetting(reader: &mut Reader<'_>) -> Vetting {
    Vetting {
        forks: table::ALLOW_FORKS.read(reader),
        events: table::ALLOWED_EVENTS.read(reader),
        branches: table::ALLOWED_BRANCHES.read(reader),
        actors: table::ALLOWED_ACTORS.read(reader),
        workflows: table::ALLOWED_WORKFLOWS.read(reader),
        repositories: None,
        cache: None,
    }
}

/// The pinned version, or `None` for the newest: also where this GitHub refuses the pinned one, for a version that
/// old stands in guides. GitHub Enterprise Server enforces no minimum, so its pin stands.
pub(super) fn version(reader: &mut Reader<'_>, api: &ApiBase) -> Option<RunnerPin> {
    let row = &table::RUNNER_VERSION.row;
    let pin = table::RUNNER_VERSION.read(reader)?;
    let least = RunnerVersion::LEAST;
    if !api.is_server() && pin.version < least {
        let fault = format!("is below {least}, which GitHub refuses, so the newest runs instead");
        reader.warn(row, fault, "unset it");
        return None;
    }
    let fault = "pins the runner; GitHub gives no jobs to one that missed a release for 30 days";
    reader.warn(row, fault, "unset it to follow the newest");
    Some(pin)
}
