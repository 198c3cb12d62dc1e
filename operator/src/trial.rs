//! `try`: one real runner with a label of its own: its sandbox is started, it is registered, GitHub shows it online, and
//! both are removed again. No job can take it, for no job has the label.
//!
//! It goes the way of a launch (`src/course/launch`), with the same commands and requests, and times each stage. The names
//! are none of a job's, so that no sweep takes the sandbox or the registration for one's remains.

use crate::setup::thing::Thing;
use crate::setup::{Item, Standing};
use jitney::course::desk::{Desk, Started};
use jitney::course::{Start, Tags};
use jitney::github::Request;
use jitney::github::runner::{Minted, Runner, is_deleted};
use jitney::machine::Machine;
use jitney::policy::run::VARIABLE;
use jitney::settings::CoursesSettings;
use jitney::words::duration::Duration;
use jitney::words::ids::{Dice, Nonce, RunnerId, RunnerName, SandboxName};
use jitney::words::label::Label;
use jitney::words::printable::Shown;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;
use std::fmt;

/// The longest that the sandbox lives, whatever becomes of this.
const LIFETIME: Duration = Duration::minutes(10);
/// Seconds that it waits for its config, and then for a job that never comes.
const HAND_OVER_WITHIN: u32 = 120;
const START_WITHIN: u32 = 180;
/// Milliseconds between two looks at GitHub, and how many there are.
const LOOK_EVERY: u64 = 1_000;
const LOOKS: u32 = 120;
/// Milliseconds between two starts while the runner image is being built, and how many there are: after the first deploy
/// that takes some minutes.
const BUILD_EVERY: u64 = 15_000;
const BUILDS: u32 = 60;
const NEEDS: &str =
    "Administration: Read and write on the repository (in org scope Self-hosted runners on the organization)";

/// What is about to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    repository: Repository,
    nonce: Nonce,
    labels: Vec<Label>,
    machine: Machine,
}

impl Plan {
    /// A plan at `named`, or at the first repository that `ALLOWED_REPOS` names one by one.
    pub fn new(settings: &CoursesSettings, named: Option<&str>, seed: u64) -> Result<Self, String> {
        let repository = match named {
            Some(text) => Repository::parse(text)
                .map_err(|_| format!("`{}` is not a repository: write it as OWNER/REPO", Shown(text)))?,
            None => settings.allowlist.exact().into_iter().next().ok_or(
                "ALLOWED_REPOS names no repository one by one: choose one with --repository OWNER/REPO",
            )?,
        };
        if !settings.allowlist.admits(&repository) {
            return Err(format!("ALLOWED_REPOS does not allow {repository}"));
        }
        let nonce = Dice::new(seed).nonce();
        let own = format!("jitney-try-{}", nonce.as_str());
        let labels = ["self-hosted", own.as_str()].into_iter().filter_map(|label| Label::parse(label).ok());
        let machine = Machine {
            cpu: 1.0,
            memory: 2048,
            gpu: None,
            image: settings.image.clone(),
            timeout: LIFETIME,
            docker: false,
            regions: Vec::new(),
            cache: false,
            outbound: None,
        };
        Ok(Self { repository, labels: labels.collect(), nonce, machine })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.labels.iter().map(Label::as_str).collect();
        write!(
            f,
            "start one sandbox ({}), register one runner at {} with the labels {}, wait until GitHub shows it \
             online, and remove both",
            self.machine,
            self.repository,
            labels.join(" and ")
        )
    }
}

/// A stage that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Which.
    pub what: String,
    /// How long it took, in milliseconds.
    pub took: u64,
}

/// What it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The stages that were reached, in order.
    pub stages: Vec<Stage>,
    /// What failed, and what to do about it; nothing if all went well.
    pub faults: Vec<Item>,
    /// What the sandbox cost, at the prices of the settings.
    pub cost: Usd,
}

/// Carries out the plan. Whatever fails, what was made is removed.
pub async fn attempt(desk: Desk, settings: CoursesSettings, plan: Plan) -> Outcome {
    let mut attempt = Attempt {
        mark: desk.now(),
        desk,
        settings,
        plan,
        stages: Vec::new(),
        sandbox: None,
        began: None,
        runner: None,
    };
    let mut faults: Vec<Item> = attempt.road().await.err().into_iter().collect();
    faults.extend(attempt.clear().await);
    Outcome { cost: attempt.cost(), stages: attempt.stages, faults }
}

struct Attempt {
    desk: Desk,
    settings: CoursesSettings,
    plan: Plan,
    /// When the last stage was reached.
    mark: Timestamp,
    stages: Vec<Stage>,
    sandbox: Option<String>,
    /// When the sandbox was started.
    began: Option<Timestamp>,
    runner: Option<RunnerId>,
}

impl Attempt {
    async fn road(&mut self) -> Result<(), Item> {
        let sandbox = self.start().await?;
        let minted = self.register().await?;
        self.desk.hand_over(sandbox, minted.config, self.tags()).await.map_err(|failed| {
            let why = format!("it did not take the runner's configuration ({})", Shown(&failed.0));
            fault("sandbox", why, "try again; https://modal.com/apps shows what the sandbox wrote")
        })?;
        self.reach("configuration handed over");
        self.come_online().await
    }

    /// The sandbox's id. While the runner image is being built, it is tried again.
    async fn start(&mut self) -> Result<String, Item> {
        for build in 1..=BUILDS {
            self.began = Some(self.desk.now());
            match self.desk.start(self.order()).await {
                Ok(Started::Lives(id)) => {
                    self.sandbox = Some(id.clone());
                    self.reach("sandbox started");
                    return Ok(id);
                }
                // The host has the image built where it finds none.
                Err(failed) if failed.0 == "NotFoundError" => {
                    if build == 1 {
                        self.reach("runner image missing: it is being built");
                    }
                    let _ = self.desk.pause(BUILD_EVERY).await;
                }
                Ok(Started::Full) => {
                    let cure = "wait until one ends, or raise MAX_RUNNERS";
                    return Err(fault("sandbox", "MAX_RUNNERS sandboxes are running", cure));
                }
                Ok(Started::Taken) => return Err(fault("sandbox", "its name is taken", "try again")),
                Err(failed) => {
                    let why = format!("Modal did not start it: {}", Shown(&failed.0));
                    let cure =
                        "`./jitney doctor` checks Modal; https://status.modal.com says whether Modal is well";
                    return Err(fault("sandbox", why, cure));
                }
            }
        }
        let cure = "`modal run modal_app.py::refresh_runner_image` builds it, and shows why that fails";
        Err(fault("runner image", "Modal did not have it within 15 minutes", cure))
    }

    fn order(&self) -> Start {
        let environment = vec![
            ("JITNEY_HAND_OVER_WITHIN", HAND_OVER_WITHIN.to_string()),
            ("JITNEY_START_WITHIN", START_WITHIN.to_string()),
            ("JITNEY_END_WITHIN", (LIFETIME.as_seconds() - 60).to_string()),
            ("JITNEY_DOCKER", "0".to_owned()),
            (VARIABLE, self.settings.vetting.sealed(None)),
        ];
        Start {
            name: SandboxName::trial(&self.plan.nonce),
            tags: self.tags(),
            machine: self.plan.machine.clone(),
            volume: None,
            environment,
            limit: self.settings.max_runners,
        }
    }

    fn tags(&self) -> Tags {
        vec![("trial", self.plan.nonce.as_str().to_owned())]
    }

    async fn register(&mut self) -> Result<Minted, Item> {
        let (scope, group) = (self.settings.scope, self.settings.group);
        let (repository, name) = (&self.plan.repository, RunnerName::trial(&self.plan.nonce));
        let request = Request::mint(scope, repository, &name, group, &self.plan.labels);
        let thing = Thing::new(&self.desk, &self.settings, format!("{repository}: runner"), NEEDS);
        let response = Ok(thing.ask(request, &[201]).await?);
        let minted = Minted::read(&response, self.desk.now()).map_err(|_| {
            thing.is(Standing::Failed, "GitHub registered it, but its answer has no configuration")
        })?;
        self.runner = Some(minted.runner);
        self.reach("runner registered");
        Ok(minted)
    }

    async fn come_online(&mut self) -> Result<(), Item> {
        let Some(runner) = self.runner else { return Ok(()) };
        for _ in 0..LOOKS {
            let request = Request::runner(self.settings.scope, &self.plan.repository, runner);
            let seen = Runner::seen(&self.desk.ask(request).await);
            if seen.known().is_some_and(|runner| runner.status == "online") {
                self.reach("runner online at GitHub");
                return Ok(());
            }
            let _ = self.desk.pause(LOOK_EVERY).await;
        }
        let what = format!("{}: runner", self.plan.repository);
        let cure = "https://modal.com/apps shows what the sandbox wrote: can it reach GitHub?";
        Err(fault(&what, "GitHub did not show it online within two minutes", cure))
    }

    /// Removes what there is; what could not be removed, and what to do about it.
    async fn clear(&mut self) -> Vec<Item> {
        let mut faults: Vec<Item> = self.remove_runner().await.into_iter().collect();
        if let Some(sandbox) = self.sandbox.clone() {
            match self.desk.terminate(sandbox).await {
                Ok(()) => self.reach("sandbox ended"),
                Err(failed) => {
                    let why = format!("it could not be ended ({})", Shown(&failed.0));
                    let cure = "it ends by itself within ten minutes; or end it at https://modal.com/apps";
                    faults.push(fault("sandbox", why, cure));
                }
            }
        }
        faults
    }

    async fn remove_runner(&mut self) -> Option<Item> {
        let (scope, repository) = (self.settings.scope, self.plan.repository.clone());
        let mut doomed = self.runner;
        if doomed.is_none() && self.sandbox.is_some() {
            // GitHub may have registered it, and its answer been lost.
            let name = RunnerName::trial(&self.plan.nonce);
            let listed = self.desk.ask(Request::find_runner(scope, &repository, &name)).await;
            let found = Runner::page(&listed).map(|page| page.items).unwrap_or_default();
            doomed = found.iter().find(|one| one.name == name.as_str()).map(|one| one.id);
        }
        let answer = self.desk.ask(Request::delete_runner(scope, &repository, doomed?)).await;
        if !is_deleted(&answer) {
            let cure = "GitHub removes it within a day; or remove it under Settings → Actions → Runners";
            return Some(fault(&format!("{repository}: runner"), "it could not be removed", cure));
        }
        self.reach("runner removed");
        None
    }

    fn reach(&mut self, what: &str) {
        let now = self.desk.now();
        self.stages.push(Stage { what: what.to_owned(), took: now.since(self.mark) });
        self.mark = now;
    }

    fn cost(&self) -> Usd {
        let (Some(_), Some(began)) = (&self.sandbox, self.began) else { return Usd::default() };
        let rate = self.settings.prices.rate(&self.plan.machine).as_nano();
        Usd::from_nano(rate.saturating_mul(self.mark.since(began)) / 1000)
    }
}

fn fault(what: &str, why: impl Into<String>, cure: impl Into<String>) -> Item {
    Item::new(Standing::Failed, what, why).with_cure(cure)
}
