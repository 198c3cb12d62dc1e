//! What a launch asks about the run before it starts anything, and the caches that its sandbox may have.

use super::{End, Launch, PATIENCE, State};
use crate::course::{Command, Step, Volume, tag};
use crate::github::{self, Fault, Refusal, Request, Response};
use crate::reply::{Outcome, Reason};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use sha2::{Digest, Sha256};

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

impl Launch {
    /// Asks about the run where a rule wants to know, else goes on.
    pub(super) fn vet(&mut self) -> Step {
        let cached = self.settings.rules.machine(&self.ticket.labels).is_ok_and(|machine| machine.cache);
        if self.settings.vetting.is_needed(self.ticket.private, cached) {
            let request = Request::run(&self.ticket.repository, self.ticket.run);
            return self.ask(State::Vetting, request);
        }
        self.begin()
    }

    /// A rule that cannot be looked up is not taken for kept.
    pub(super) fn vetted(&mut self, answer: Result<&Response, Fault>, now: Timestamp) -> Step {
        let Some(run) = github::read_run(answer) else {
            return match github::refusal(answer, now) {
                Refusal::Permanent(reason) => {
                    let text =
                        format!("{} (asked what started the run, which needs Actions: read)", reason.text);
                    self.clear(End::Finish(Outcome::Unready, Reason::new(reason.code, text)))
                }
                Refusal::Limited(wait, reason) => {
                    self.tell(State::Holding(wait.max(PATIENCE + 1), reason), Command::Hold(wait))
                }
                _ => self.defer(Reason::new("run-unknown", "GitHub did not say what started the run")),
            };
        };
        match self.settings.vetting.judge(&self.ticket.repository, self.ticket.private, &run) {
            Ok(forked) => {
                self.forked = forked;
                self.begin()
            }
            Err(reason) => self.end(End::Finish(Outcome::Refused, reason)),
        }
    }

    /// The repository's cache, which a fork's run never has.
    pub(super) fn volume(&self, wanted: bool) -> Option<Volume> {
        (wanted && !self.forked).then(|| Volume { name: cache_name(&self.ticket.repository), path: CACHE })
    }

    pub(super) fn cache_environment() -> impl Iterator<Item = (&'static str, String)> {
        CACHED.into_iter().map(|(name, path)| (name, path.to_owned()))
    }
}

/// A repository's own volume: its name for people, and a digest that no other repository has.
fn cache_name(repository: &Repository) -> String {
    let digest = Sha256::digest(repository.to_string().to_ascii_lowercase().as_bytes());
    let digest = hex::encode(digest.get(..12).unwrap_or_default());
    let name: String = tag(repository.name()).chars().take(24).collect();
    format!("jitney-cache-{}-{digest}", name.to_ascii_lowercase())
}
