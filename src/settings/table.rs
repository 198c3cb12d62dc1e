//! Every setting, a row each. To add one, add its row here and a field that holds its value, and read the one into the
//! other; `tests/settings_table.rs` then shows the line for README.

use super::reader::Setting;
use super::row::Fallback::{Means, Reads};
use super::row::{Instances, Row};
use super::{access, api, app, jobs, runner, runs};
use crate::machine::{GpuLimit, Prices, Shape};
use crate::policy::allowlist::Allowlist;
use crate::policy::run::{RefPattern, WorkflowPattern};
use crate::words::action::Action;
use crate::words::api_base::ApiBase;
use crate::words::duration::Duration;
use crate::words::label::Label;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::usd::Usd;
use crate::words::version::RunnerPin;
use rsa::PrivateKey;
use std::collections::BTreeMap;

/// Declares settings, a row each: name, type, instances, default, purpose, and the function that reads it. Each
/// becomes a [`Setting`] of its name, and all of them `TABLE`.
macro_rules! rows {
    ($($name:ident: $type:ty, $to:ident, $default:expr, $purpose:literal, $reads:expr;)*) => {
        $(
            #[doc = $purpose]
            pub(super) static $name: Setting<$type> = Setting {
                row: Row { name: stringify!($name), to: Instances::$to, default: $default, purpose: $purpose },
                reads: $reads,
            };
        )*

        /// Every setting that there is, in the order of README's table.
        pub static TABLE: &[&Row] = &[$(&$name.row),*];
    };
}

rows! {
    GITHUB_TOKEN: Secret, COURSES, Means("required, or an App"),
        "Registers runners, and reads jobs",
        access::token;
    GITHUB_APP_ID: Option<String>, COURSES_AND_KEYS, Means("none"),
        "Signs in as a GitHub App instead: its client id, or its number",
        app::id;
    GITHUB_APP_PRIVATE_KEY: Option<PrivateKey>, KEYS, Means("none"),
        r"The App's `.pem` file, its newlines real or as `\n`",
        app::private_key;
    WEBHOOK_SECRET: Secret, INTAKE, Means("required"),
        "Signs GitHub's deliveries",
        access::webhook_secret;
    WEBHOOK_SECRET_PREVIOUS: Option<Secret>, INTAKE, Means("none"),
        "Is accepted too, while a new secret is being introduced",
        access::previous_secret;
    ALLOWED_REPOS: Allowlist, INTAKE_AND_COURSES, Means("all"),
        "Who gets runners: `owner/repo`, `owner/*`; `!owner/repo` takes one out",
        access::allowlist;
    RUNNER_LABELS: Vec<Label>, INTAKE_AND_COURSES, Reads(r#"["self-hosted","modal"]"#),
        "The labels that make a job ours (`self-hosted` may be left out)",
        jobs::labels;
    RUNNER_VERSION: Option<RunnerPin>, COURSES, Means("newest"),
        "Pins the runner, as `2.336.0` or `2.336.0@sha256:…`; below 2.329.0, which GitHub refuses, the newest runs instead",
        runner::pin;
    RUNNER_GROUP_ID: u64, COURSES, Reads("1"),
        "The runner group, by id",
        |reader, row| reader.number(row, 1, u64::MAX);
    RUNNER_SCOPE: Scope, COURSES_AND_KEYS, Reads("repo"),
        "`org` registers runners at the organization, where jobs of any repository that the group admits may take them",
        runner::scope;
    RUNNER_IMAGE: Option<String>, COURSES, Means("jitney's own"),
        "A registry image (Debian or Ubuntu, x64) for jobs to run in instead",
        runner::image;
    ACTION_ARCHIVES: Vec<Action>, COURSES, Means("none"),
        "Actions whose archives the runner image holds beside the well-known ones: `owner/repo` for its newest versions, or `owner/repo@ref`",
        runner::archives;
    RUNNER_PROFILES: BTreeMap<String, Shape>, INTAKE_AND_COURSES, Means("none"),
        r#"JSON, label to shape: `{"big":{"cpu":8,"memory":32}}` with `cpu`, `memory`, `gpu`, `image`, `timeout`, `docker`, `region`, `cache`, `outbound_domains`"#,
        jobs::profiles;
    MAX_RUNNERS: u32, COURSES, Reads("100"),
        "Sandboxes at once; further jobs wait",
        |reader, row| reader.number(row, 1, 10_000);
    MAX_RUNNERS_PER_REPO: u32, COURSES, Means("`MAX_RUNNERS`"),
        "Sandboxes at once of any one repository, so that others have places too",
        |reader, row| reader.text(row).map_or(10_000, |_| reader.number(row, 1, 10_000));
    MINTS_PER_MINUTE: u32, COURSES, Reads("150"),
        "How many runners are registered in a minute; GitHub's limit is 180",
        |reader, row| reader.number(row, 1, 180);
    MAX_CPU: f64, INTAKE_AND_COURSES, Reads("16"),
        "Physical cores that a job may ask for",
        |reader, row| reader.quantity(row, 1024.0).unwrap_or_default();
    MAX_MEMORY_GIB: f64, INTAKE_AND_COURSES, Reads("64"),
        "Memory that a job may ask for",
        |reader, row| reader.quantity(row, 4096.0).unwrap_or_default();
    ALLOWED_GPUS: Vec<GpuLimit>, INTAKE_AND_COURSES, Means("none"),
        "GPUs that a job may ask for, and how many at most (8 where it is not said), as `A10,H100:2`",
        jobs::gpus;
    MAX_JOB_HOURS: Duration, INTAKE_AND_COURSES, Reads("6"),
        "When a sandbox is ended whatever it does; at most 24",
        |reader, row| jobs::timeout(reader.quantity(row, 24.0).unwrap_or_default());
    GITHUB_ENTERPRISE_DOMAIN: Option<ApiBase>, COURSES_AND_KEYS, Means("github.com"),
        "`github.example.com`, or `octo.ghe.com`",
        api::domain;
    WEBHOOK_URL: Option<String>, COURSES, Means("`https://…--jitney.modal.run`"),
        "Which of GitHub's webhooks is jitney's, for redeliveries",
        api::webhook;
    STATUS_TOKEN: Option<Secret>, INTAKE, Means("none"),
        "Opens `/status` and `GET /metrics`; without it nobody may see them. At least 16 characters",
        access::status_token;
    MONTHLY_BUDGET_USD: Option<Usd>, COURSES, Means("none"),
        "What sandboxes may cost in a month (UTC); beyond it jobs wait, and say so",
        |reader, row| reader.quantity(row, 1e7).map(Usd::from_dollars);
    PRICES: Prices, COURSES, Means("Modal's, as `docs/cost.md` has them"),
        r#"JSON, dollars a second: `{"cpu":0.00003942,"memory":0.00000672,"region":1.75,"gpu":{"H100":0.001097}}`, or a part of it"#,
        |reader, row| {
            let cure = r#"write it as JSON, in dollars a second, as {"cpu":0.00003942,"gpu":{"H100":0.001097}}, or unset it"#;
            reader.parsed(row, cure, Prices::parse).unwrap_or_default()
        };
    GITHUB_API_URL: Option<ApiBase>, COURSES_AND_KEYS, Means("from the domain"),
        "Another base URL of the API, for a proxy",
        api::url;
    ALLOW_FORKS: bool, COURSES, Reads("no"),
        "Whether a fork's run may use a public repository's runners: whoever can open a pull request then runs code here",
        access::forks;
    ALLOWED_EVENTS: Option<Vec<String>>, COURSES, Means("all"),
        "What may start a run: `push,workflow_dispatch`",
        runs::events;
    ALLOWED_BRANCHES: Option<Vec<RefPattern>>, COURSES, Means("all"),
        "Which branches and tags of the repository itself: `main,release/*,tags/v*`",
        runs::branches;
    ALLOWED_ACTORS: Option<Vec<String>>, COURSES, Means("all"),
        "Who may start it, and start it again: `octocat,dependabot[bot]`",
        runs::actors;
    ALLOWED_WORKFLOWS: Option<Vec<WorkflowPattern>>, COURSES, Means("all"),
        "Which workflow files, at any ref or at certain ones: `.github/workflows/ci.yml,.github/workflows/deploy*@main`",
        runs::workflows;
    REFUSALS_PER_HOUR: u32, INTAKE_AND_COURSES, Reads("20"),
        "How many refused jobs are failed with the reason as an annotation; 0 for none",
        |reader, row| reader.number(row, 0, 1_000);
    TELL_FORKS: bool, COURSES, Reads("no"),
        "Whether that goes for a fork's run on a public repository too: each then costs a sandbox for some seconds",
        access::yes;
}
