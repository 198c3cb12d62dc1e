//! From the environment to validated settings, or to problems that name variable, fault and cure.
//!
//! The settings come in three parts. An instance that reads unauthenticated bytes holds no GitHub credential, and
//! the one that holds it sees no such bytes: [`IntakeSettings`] and [`CoursesSettings`]. A GitHub App's key is in a
//! third, which sees neither: [`KeysSettings`].
//!
//! What there is to set is in [`TABLE`], a row a setting.

mod access;
mod api;
mod app;
mod checked;
mod fault;
mod image;
mod jobs;
mod keys;
mod likeness;
mod parts;
mod reader;
mod row;
mod runner;
mod runs;
mod table;

pub use crate::words::api_base::ApiBase;
pub use checked::{Checked, Problem, warnings};
pub use keys::KeysSettings;
pub use parts::SignIn;
pub use reader::Environment;
pub use row::{Fallback, Instances, Row};
pub use table::TABLE;

use crate::delivery::signature::WebhookSecrets;
use crate::machine::Prices;
use crate::policy::allowlist::Allowlist;
use crate::policy::delivery::Admission;
use crate::policy::labels::JobRules;
use crate::policy::run::Vetting;
use crate::words::action::Action;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::usd::Usd;
use crate::words::version::RunnerPin;
use reader::Reader;
use std::collections::BTreeSet;

/// What looks like a misspelt setting among the names of an environment's variables.
pub fn misspelt<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Problem> {
    likeness::misspelt(names, TABLE)
}

/// What an intake instance works with.
#[derive(Clone, Debug)]
pub struct IntakeSettings {
    /// `WEBHOOK_SECRET` and `WEBHOOK_SECRET_PREVIOUS`.
    pub secrets: WebhookSecrets,
    /// What admits a delivery.
    pub admission: Admission,
    /// `STATUS_TOKEN`: who presents it may see the metrics.
    pub status_token: Option<Secret>,
}

/// What a courses instance works with.
#[derive(Clone, Debug)]
pub struct CoursesSettings {
    /// `GITHUB_TOKEN`, or that `GITHUB_APP_ID` is set.
    pub credential: SignIn,
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
    /// `MAX_RUNNERS_PER_REPO`.
    pub max_runners_per_repo: u32,
    /// `MINTS_PER_MINUTE`, over all courses.
    pub mints_per_minute: u32,
    /// `WEBHOOK_URL`.
    pub webhook_url: Option<String>,
    /// `RUNNER_IMAGE`.
    pub image: Option<String>,
    /// `ACTION_ARCHIVES`: whose archives the runner image holds beside the well-known ones.
    pub archives: Vec<Action>,
    /// `RUNNER_VERSION`, where it is a version that GitHub still accepts.
    pub runner_version: Option<RunnerPin>,
    /// Which jobs are ours and what they may ask for.
    pub rules: JobRules,
    /// Which runs may run here.
    pub vetting: Vetting,
    /// `REFUSALS_PER_HOUR`.
    pub refusals_per_hour: u32,
    /// `TELL_FORKS`: whether a fork's run on a public repository is shown why it is refused.
    pub tell_forks: bool,
    /// What a second of a sandbox costs: `PRICES`.
    pub prices: Prices,
    /// What sandboxes may cost in a month: `MONTHLY_BUDGET_USD`.
    pub monthly_budget: Option<Usd>,
}

impl IntakeSettings {
    /// Reads an intake instance's part.
    pub fn read(environment: &Environment) -> Checked<Self> {
        let mut reader = Reader::new(Instances::INTAKE, environment);
        let secrets = WebhookSecrets {
            current: table::WEBHOOK_SECRET.read(&mut reader),
            previous: table::WEBHOOK_SECRET_PREVIOUS.read(&mut reader),
        };
        let admission = Admission {
            rules: parts::rules(&mut reader),
            allowlist: table::ALLOWED_REPOS.read(&mut reader),
            refusals_per_hour: table::REFUSALS_PER_HOUR.read(&mut reader),
        };
        let status_token = table::STATUS_TOKEN.read(&mut reader);
        reader.check(Some(Self { secrets, admission, status_token }))
    }
}

impl CoursesSettings {
    /// Reads a courses instance's part.
    pub fn read(environment: &Environment) -> Checked<Self> {
        let mut reader = Reader::new(Instances::COURSES, environment);
        let credential = parts::credential(&mut reader);
        let api = parts::api(&mut reader);
        let (scope, allowlist) =
            (table::RUNNER_SCOPE.read(&mut reader), table::ALLOWED_REPOS.read(&mut reader));
        let rules = parts::rules(&mut reader);
        let mut vetting = parts::vetting(&mut reader);
        if scope == Scope::Organization {
            vetting.repositories = Some(allowlist.clone());
            parts::refuse_caches(&mut reader, &rules);
        }
        let settings = Self {
            credential,
            scope,
            runner_version: parts::version(&mut reader, &api),
            api,
            group: table::RUNNER_GROUP_ID.read(&mut reader),
            max_runners: table::MAX_RUNNERS.read(&mut reader),
            max_runners_per_repo: table::MAX_RUNNERS_PER_REPO.read(&mut reader),
            mints_per_minute: table::MINTS_PER_MINUTE.read(&mut reader),
            webhook_url: table::WEBHOOK_URL.read(&mut reader),
            image: table::RUNNER_IMAGE.read(&mut reader),
            archives: table::ACTION_ARCHIVES.read(&mut reader),
            allowlist,
            rules,
            vetting,
            refusals_per_hour: table::REFUSALS_PER_HOUR.read(&mut reader),
            tell_forks: table::TELL_FORKS.read(&mut reader),
            prices: table::PRICES.read(&mut reader),
            monthly_budget: table::MONTHLY_BUDGET_USD.read(&mut reader),
        };
        reader.check(Some(settings))
    }

    /// What admits a delivery, as an intake instance of the same settings has it.
    pub fn admission(&self) -> Admission {
        Admission {
            allowlist: self.allowlist.clone(),
            rules: self.rules.clone(),
            refusals_per_hour: self.refusals_per_hour,
        }
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
