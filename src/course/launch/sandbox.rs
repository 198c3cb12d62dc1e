//! The sandbox of a launch: what it is made of, what it is told and tagged with, and its start.

use super::{HAND_OVER_WITHIN, Launch, Road, START_WITHIN, Tags, WayOut, claimed, tag};
use crate::course::desk::Started;
use crate::course::{Start, Volume};
use crate::ledger::REFUSAL;
use crate::machine::Machine;
use crate::policy::run::VARIABLE;
use crate::reply::{Outcome, Reason};
use crate::words::duration::Duration;
use crate::words::repository::Repository;
use sha2::{Digest, Sha256};

/// The delay before a job that found no room is tried again.
const FULL_DELAY: u64 = 15_000;
/// How many names of ended sandboxes are stepped over.
const LINGERING_NAMES: u32 = 12;
/// Where a repository's cache is in its sandboxes.
const CACHE: &str = "/opt/jitney-cache";
/// What package managers and actions keep there, and the variables that tell them so.
const CACHED: [(&str, &str); 9] = [
    ("RUNNER_TOOL_CACHE", "/opt/jitney-cache/tools"),
    ("AGENT_TOOLSDIRECTORY", "/opt/jitney-cache/tools"),
    ("PIP_CACHE_DIR", "/opt/jitney-cache/pip"),
    ("UV_CACHE_DIR", "/opt/jitney-cache/uv"),
    ("npm_config_cache", "/opt/jitney-cache/npm"),
    ("YARN_CACHE_FOLDER", "/opt/jitney-cache/yarn"),
    ("GOMODCACHE", "/opt/jitney-cache/go-mod"),
    ("GOCACHE", "/opt/jitney-cache/go-build"),
    ("GRADLE_USER_HOME", "/opt/jitney-cache/gradle"),
];
/// How many seconds before its machine is gone a job is ended, so that GitHub hears of it and has its log; of a short
/// life, a fifth.
const FAREWELL: u64 = 60;
/// What the runner of a refused job needs, and no more; the memory in MiB.
const DIAGNOSTIC_MEMORY: u32 = 1024;
const DIAGNOSTIC_TIMEOUT: Duration = Duration::minutes(10);

impl Launch {
    /// What the sandbox is made of.
    pub(super) fn machine(&self) -> Road<Machine> {
        if self.refusal.is_some() && self.veto.is_none() {
            return Ok(diagnostic());
        }
        let machine = self.settings.rules.machine(&self.ticket.labels);
        let machine = machine.map_err(|reason| WayOut::Finish(Outcome::Refused, reason))?;
        Ok(Machine { image: machine.image.or_else(|| self.settings.image.clone()), ..machine })
    }

    /// Starts the sandbox once there is a place for it, and a turn if that is wanted with it; its id, or `None` where
    /// its name is taken by one that is none of this course's making, so that it must be looked again who comes.
    pub(super) async fn start(&mut self, machine: Machine, turn: bool) -> Road<Option<String>> {
        self.shape = tag(&machine.to_string());
        self.rate = self.settings.prices.rate(&machine);
        loop {
            self.admit(true, turn).await?;
            self.started = self.desk.now();
            let start = self.order(machine.clone());
            match self.desk.start(start).await {
                Ok(Started::Lives(id)) => return Ok(Some(id)),
                Ok(Started::Taken) => match self.own().await {
                    Some(Ok(id)) => return Ok(Some(id)),
                    // Nobody was coming, so the name is one that lingers, or a course that was quicker has it.
                    _ if self.ticket.deferrals > 0 => return self.step_over(),
                    _ => return Err(claimed()),
                },
                // The house thought otherwise, and looks before it gives the next place.
                Ok(Started::Full) => {}
                Err(failed) => {
                    let text = format!("Modal did not start a sandbox: {}", tag(&failed.0));
                    let reason = Reason::new("sandbox-not-started", text);
                    return match self.own().await {
                        Some(Ok(id)) => Ok(Some(id)),
                        Some(Err(())) => Err(claimed()),
                        None => Err(self.defer(reason)),
                    };
                }
            }
        }
    }

    /// What the host is to start.
    fn order(&self, mut machine: Machine) -> Start {
        // A fork's run never has the repository's cache.
        let volume = (machine.cache && !self.forked)
            .then(|| Volume { name: cache_name(&self.ticket.repository), path: CACHE });
        let environment = self.environment(&machine, volume.is_some());
        if let Some(outbound) = &mut machine.outbound {
            outbound.extend(self.settings.api.domains());
        }
        let limit = self.settings.max_runners;
        Start { name: self.sandbox_name(), tags: self.tags(), machine, volume, environment, limit }
    }

    fn step_over(&mut self) -> Road<Option<String>> {
        self.ticket.starts += 1;
        if self.ticket.starts > LINGERING_NAMES {
            let reason = Reason::new("names-taken", "the job's sandbox names are all taken");
            return Err(self.defer(reason));
        }
        Ok(None)
    }

    /// What comes to whoever waited for a place long enough: the job is looked at anew.
    pub(super) fn full(&mut self) -> WayOut {
        let limit = self.settings.max_runners;
        let text = format!("MAX_RUNNERS ({limit}) sandboxes are at work; the job waits for one to end");
        WayOut::Defer(self.dice.jitter(FULL_DELAY), Reason::new("at-capacity", text))
    }

    /// A start that failed may have made a sandbox, and so may one whose retry is told that the name is taken. It is
    /// ours only if it bears this launch's nonce; else it is somebody's.
    async fn own(&mut self) -> Option<Result<String, ()>> {
        let found = self.desk.find_name(self.sandbox_name()).await.unwrap_or_default();
        let sandbox = found.into_iter().next()?;
        if sandbox.tag("nonce") != Some(self.nonce.as_str()) {
            return Some(Err(()));
        }
        self.desk.has_started(sandbox.id.clone()).await;
        Some(Ok(sandbox.id))
    }

    /// What the sandbox's binary is told: the supervisor, and the hook that judges the job.
    fn environment(&self, machine: &Machine, cached: bool) -> Tags {
        let lifetime = machine.timeout.as_seconds();
        let mut environment = vec![
            ("JITNEY_HAND_OVER_WITHIN", HAND_OVER_WITHIN.to_string()),
            ("JITNEY_START_WITHIN", START_WITHIN.to_string()),
            ("JITNEY_END_WITHIN", (lifetime - (lifetime / 5).min(FAREWELL)).to_string()),
            ("JITNEY_DOCKER", u8::from(machine.docker).to_string()),
            (VARIABLE, self.settings.vetting.sealed(cached.then_some(&self.ticket.repository))),
        ];
        if let Some(refusal) = &self.refusal {
            environment.push(("JITNEY_REFUSAL", refusal.text.clone()));
            environment.push(("JITNEY_REFUSED_RUN", self.ticket.run.to_string()));
        }
        if cached {
            environment.extend(CACHED.map(|(name, path)| (name, path.to_owned())));
        }
        environment
    }

    pub(super) fn tags(&self) -> Tags {
        let mut tags = vec![
            ("job", self.ticket.job.to_string()),
            ("run", self.ticket.run.to_string()),
            ("owner", tag(self.ticket.repository.owner())),
            ("repository", tag(self.ticket.repository.name())),
            ("nonce", self.nonce.as_str().to_owned()),
            ("shape", self.shape.clone()),
            ("rate", self.rate.as_nano().to_string()),
            ("started", self.started.0.to_string()),
        ];
        if let Some(refusal) = &self.refusal {
            tags.push((REFUSAL, tag(refusal.code)));
        }
        if let Some(minted) = &self.minted {
            tags.push(("runner", self.name.as_str().to_owned()));
            tags.push(("runner_id", minted.runner.to_string()));
        }
        tags
    }
}

/// The machine of a runner that fails a refused job.
fn diagnostic() -> Machine {
    Machine {
        cpu: 0.5,
        memory: DIAGNOSTIC_MEMORY,
        gpu: None,
        image: None,
        timeout: DIAGNOSTIC_TIMEOUT,
        docker: false,
        regions: Vec::new(),
        cache: false,
        outbound: None,
    }
}

/// A repository's own volume: its name for people, and a digest that no other repository has.
fn cache_name(repository: &Repository) -> String {
    let digest = Sha256::digest(repository.to_string().to_ascii_lowercase().as_bytes());
    let digest = hex::encode(digest.get(..12).unwrap_or_default());
    let name: String = tag(repository.name()).chars().take(24).collect();
    format!("jitney-cache-{}-{digest}", name.to_ascii_lowercase())
}
