//! From the environment to validated settings, or to problems that name variable, fault and cure.
//!
//! The settings come in three parts. An instance that reads unauthenticated bytes holds no GitHub credential, and
//! the one that holds it sees no such bytes: [`IntakeSettings`] and [`CoursesSettings`]. A GitHub App's key is in a
//! third, which sees neither: [`KeysSettings`].

mod api;
mod keys;
mod money;
mod reader;
mod rules;

pub use crate::words::api_base::ApiBase;
pub use keys::KeysSettings;
pub use reader::{Environment, Problem};

use crate::delivery::signature::WebhookSecrets;
use crate::machine::Prices;
use crate::policy::allowlist::Allowlist;
use crate::policy::delivery::Admission;
use crate::policy::labels::JobRules;
use crate::policy::run::Vetting;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::usd::Usd;
use crate::words::version::{RunnerPin, RunnerVersion, Sha256Hex};
use reader::Reader;
use serde::Serialize;
use std::collections::BTreeSet;

/// One environment variable that jitney reads, and which instances get it.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// Whether an intake instance gets it.
    pub intake: bool,
    /// Whether a courses instance gets it.
    pub courses: bool,
    /// Whether a keys instance gets it.
    pub keys: bool,
}

const fn intake(name: &'static str) -> Declared {
    Declared { name, intake: true, courses: false, keys: false }
}
const fn courses(name: &'static str) -> Declared {
    Declared { name, intake: false, courses: true, keys: false }
}
const fn both(name: &'static str) -> Declared {
    Declared { name, intake: true, courses: true, keys: false }
}
const fn keys(name: &'static str) -> Declared {
    Declared { name, intake: false, courses: false, keys: true }
}
const fn github(name: &'static str) -> Declared {
    Declared { name, intake: false, courses: true, keys: true }
}

/// Every setting that there is.
pub const DECLARED: [Declared; 29] = [
    courses("GITHUB_TOKEN"),
    intake("WEBHOOK_SECRET"),
    intake("WEBHOOK_SECRET_PREVIOUS"),
    both("ALLOWED_REPOS"),
    intake("STATUS_TOKEN"),
    courses("RUNNER_VERSION"),
    courses("RUNNER_GROUP_ID"),
    both("RUNNER_LABELS"),
    github("GITHUB_ENTERPRISE_DOMAIN"),
    github("GITHUB_API_URL"),
    github("GITHUB_APP_ID"),
    keys("GITHUB_APP_PRIVATE_KEY"),
    github("RUNNER_SCOPE"),
    courses("WEBHOOK_URL"),
    courses("ALLOW_FORKS"),
    courses("ALLOWED_EVENTS"),
    courses("ALLOWED_BRANCHES"),
    courses("ALLOWED_ACTORS"),
    both("REFUSALS_PER_HOUR"),
    courses("MAX_RUNNERS"),
    both("MAX_CPU"),
    both("MAX_MEMORY_GIB"),
    both("ALLOWED_GPUS"),
    both("MAX_JOB_HOURS"),
    courses("RUNNER_IMAGE"),
    both("RUNNER_PROFILES"),
    courses("MINTS_PER_MINUTE"),
    courses("PRICES"),
    courses("MONTHLY_BUDGET_USD"),
];

/// What an intake instance works with.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// What admits a delivery.
    pub admission: Admission,
    /// `STATUS_TOKEN`: who presents it may see the metrics.
    pub status_token: Option<Secret>,
}

/// How a courses instance signs in to GitHub.
#[derive(Clone, Debug)]
pub enum Credential {
    /// `GITHUB_TOKEN`, for everything.
    Token(Secret),
    /// A GitHub App: the host fetches from a keys instance what a request needs.
    App,
}

/// What a courses instance works with.
#[derive(Clone, Debug)]
pub struct CoursesSettings {
    /// `GITHUB_TOKEN`, or that `GITHUB_APP_ID` is set.
    pub credential: Credential,
    /// `GITHUB_API_URL`, or what `GITHUB_ENTERPRISE_DOMAIN` makes of it.
    pub api: ApiBase,
    /// `RUNNER_SCOPE`.
    pub scope: Scope,
    /// `ALLOWED_REPOS`: which repositories a sweep visits.
    pub allowlist: Allowlist,
    /// `RUNNER_GROUP_ID`.
    pub group: u64,
    /// `MAX_RUNNERS`.
    pub max_runners: u32,
    /// `MINTS_PER_MINUTE`, over all courses.
    pub mints_per_minute: u32,
    /// `WEBHOOK_URL`.
    pub webhook_url: Option<String>,
    /// `RUNNER_IMAGE`.
    pub image: Option<String>,
    /// `RUNNER_VERSION`, where it is a version that GitHub still accepts.
    pub runner_version: Option<RunnerPin>,
    /// Which jobs are ours and what they may ask for.
    pub rules: JobRules,
    /// Which runs may run here.
    pub vetting: Vetting,
    /// `REFUSALS_PER_HOUR`.
    pub refusals_per_hour: u32,
    /// What a second of a sandbox costs: `PRICES`.
    pub prices: Prices,
    /// What sandboxes may cost in a month: `MONTHLY_BUDGET_USD`.
    pub monthly_budget: Option<Usd>,
}

/// Settings, and what was found on the way.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// The settings, unless there is a problem.
    pub settings: Option<T>,
    /// What must be mended before jitney works.
    pub problems: Vec<Problem>,
    /// What the operator should know.
    pub warnings: Vec<Problem>,
}

impl<T> Checked<T> {
    fn new(settings: T, reader: Reader<'_>) -> Self {
        let Reader { problems, warnings, .. } = reader;
        Self { settings: problems.is_empty().then_some(settings), problems, warnings }
    }

    /// `problems` and `warnings` as a JSON object.
    pub fn report(&self) -> String {
        #[derive(Serialize)]
        struct Report<'a> {
            problems: &'a [Problem],
            warnings: &'a [Problem],
        }
        let report = Report { problems: &self.problems, warnings: &self.warnings };
        serde_json::to_string(&report).unwrap_or_default()
    }
}

impl IntakeSettings {
    /// Reads an intake instance's half.
    pub fn read(environment: &Environment) -> Checked<Self> {
        let mut reader = Reader::new(environment);
        let current =
            reader.secret("WEBHOOK_SECRET", "make one with `openssl rand -hex 32` and give GitHub the same");
        let previous = reader.text("WEBHOOK_SECRET_PREVIOUS").map(Secret::new);
        let rules = rules::read(&mut reader);
        let allowlist = allowlist(&mut reader);
        let refusals_per_hour = rules::refusals(&mut reader);
        let secrets = WebhookSecrets { current, previous };
        let status_token = status_token(&mut reader);
        let admission = Admission { secrets, allowlist, rules, refusals_per_hour };
        Checked::new(Self { admission, status_token }, reader)
    }
}

/// Reads `STATUS_TOKEN`, which must be hard to guess.
fn status_token(reader: &mut Reader<'_>) -> Option<Secret> {
    const NAME: &str = "STATUS_TOKEN";
    let token = reader.text(NAME)?;
    if token.len() < 16 || token.bytes().any(|b| !b.is_ascii_graphic()) {
        reader.problem(
            NAME,
            "is shorter than 16 characters, or holds white space",
            "make one with `openssl rand -hex 32`",
        );
    }
    Some(Secret::new(token))
}

/// Reads `ALLOWED_REPOS`.
fn allowlist(reader: &mut Reader<'_>) -> Allowlist {
    match reader.raw("ALLOWED_REPOS") {
        None => {
            let cure = "name repositories, as owner/repo or owner/*";
            reader.warn(
                "ALLOWED_REPOS",
                "is unset, so every repository whose webhook is signed gets runners",
                cure,
            );
            Allowlist::default()
        }
        Some(text) => Allowlist::parse(text).unwrap_or_else(|fault| {
            let cure =
                "unset it to allow every repository, or name repositories, as owner/repo,owner/*,!owner/repo";
            reader.problem("ALLOWED_REPOS", fault, cure);
            Allowlist::default()
        }),
    }
}

impl CoursesSettings {
    /// Reads a courses instance's half.
    pub fn read(environment: &Environment) -> Checked<Self> {
        let mut reader = Reader::new(environment);
        let credential = credential(&mut reader);
        let api = api::read(&mut reader);
        let scope = scope(&mut reader);
        let runner_version = runner_version(&mut reader, &api);
        let settings = Self {
            credential,
            api,
            scope,
            group: reader.number("RUNNER_GROUP_ID", 1, 1, u64::MAX),
            max_runners: u32::try_from(reader.number("MAX_RUNNERS", 100, 1, 10_000)).unwrap_or(100),
            mints_per_minute: u32::try_from(reader.number("MINTS_PER_MINUTE", 150, 1, 180)).unwrap_or(150),
            webhook_url: reader.text("WEBHOOK_URL").map(|url| url.trim_end_matches('/').to_owned()),
            image: reader.text("RUNNER_IMAGE").map(str::to_owned),
            runner_version,
            allowlist: allowlist(&mut reader),
            rules: rules::read(&mut reader),
            vetting: rules::vetting(&mut reader),
            refusals_per_hour: rules::refusals(&mut reader),
            prices: money::prices(&mut reader),
            monthly_budget: money::budget(&mut reader),
        };
        Checked::new(settings, reader)
    }

    /// The registry images that jobs may run in, each once.
    pub fn images(&self) -> Vec<String> {
        let profiles = self.rules.profiles.values().filter_map(|shape| shape.image.as_ref());
        let images: BTreeSet<&String> = self.image.iter().chain(profiles).collect();
        images.into_iter().cloned().collect()
    }

    /// Whether a webhook of this URL is jitney's own: `WEBHOOK_URL`, or what `modal deploy` makes of the label
    /// `jitney`.
    pub fn is_our_webhook(&self, url: &str) -> bool {
        let url = url.trim_end_matches('/');
        match &self.webhook_url {
            Some(own) => own.eq_ignore_ascii_case(url),
            None => url.starts_with("https://") && url.ends_with("--jitney.modal.run"),
        }
    }
}

/// Reads how to sign in: a GitHub App if one is named, else `GITHUB_TOKEN`.
fn credential(reader: &mut Reader<'_>) -> Credential {
    const TOKEN: &str = "GITHUB_TOKEN";
    if reader.text("GITHUB_APP_ID").is_some() {
        if reader.text(TOKEN).is_some() {
            reader.warn(TOKEN, "is not used, for GITHUB_APP_ID is set", "unset one of the two");
        }
        return Credential::App;
    }
    let token = reader.secret(
        TOKEN,
        "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or a token with Administration: write on the repositories",
    );
    if token.expose().bytes().any(|b| !b.is_ascii_graphic()) {
        let fault = "holds white space or a character that no token has";
        reader.problem(TOKEN, fault, "paste it again, without quotes or line breaks");
    }
    Credential::Token(token)
}

/// Reads `RUNNER_SCOPE`.
fn scope(reader: &mut Reader<'_>) -> Scope {
    match reader.text("RUNNER_SCOPE") {
        None | Some("repo") => Scope::Repository,
        Some("org") => Scope::Organization,
        Some(_) => {
            reader.problem("RUNNER_SCOPE", "is neither `repo` nor `org`", "unset it for repo");
            Scope::Repository
        }
    }
}

/// The pinned version, or `None` for the newest. GitHub Enterprise Server enforces no minimum, so its pin stands.
fn runner_version(reader: &mut Reader<'_>, api: &ApiBase) -> Option<RunnerPin> {
    const NAME: &str = "RUNNER_VERSION";
    const FORM: &str = "write it as 2.336.0, or as 2.336.0@sha256:HEX, or unset it for the newest";
    let text = reader.text(NAME)?;
    let (version, sha256) = match text.split_once("@sha256:") {
        Some((version, hash)) => (version, Some(Sha256Hex::parse(hash))),
        None => (text, None),
    };
    let Some(version) = RunnerVersion::parse(version) else {
        reader.problem(NAME, "is not a version", FORM);
        return None;
    };
    if sha256.as_ref().is_some_and(Option::is_none) {
        reader.problem(NAME, "has a checksum that is no SHA-256 in hex", FORM);
        return None;
    }
    if !api.is_server() && version < RunnerVersion::LEAST {
        reader.warn(NAME, "is below 2.329.0, which GitHub refuses, so the newest runs instead", "unset it");
        return None;
    }
    let fault = "pins the runner; GitHub gives no jobs to one that missed a release for 30 days";
    reader.warn(NAME, fault, "unset it to follow the newest");
    Some(RunnerPin { version, sha256: sha256.flatten() })
}
