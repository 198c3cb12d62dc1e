//! Whether a job may run here, judged by what started its run: repository, fork, event, ref, actors, workflow file.
//!
//! The same code judges twice. Admission asks GitHub about the run before it starts anything. In the sandbox, the
//! binary of `runner/` judges the job that the runner really took ([`taken`]), because GitHub gives a job to any
//! runner with its labels. On a public repository anybody can open a pull request whose workflow runs their own code,
//! so by default no fork's run is admitted there (GitHub's docs, "Secure use reference", on self-hosted runners).

mod reference;
pub mod taken;

pub use reference::{RefPattern, Reference, Workflow, WorkflowPattern};

use crate::policy::allowlist::Allowlist;
use crate::reply::Reason;
use crate::words::printable::Shown;
use crate::words::repository::Repository;
use serde::{Deserialize, Serialize};

/// The environment variable that holds [`Vetting`], as JSON, in a sandbox.
pub const VARIABLE: &str = "JITNEY_VETTING";

/// What the operator admits, and what a sandbox holds that not every job may have.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vetting {
    /// `ALLOW_FORKS`.
    pub forks: bool,
    /// `ALLOWED_EVENTS`, in lower case; `None` admits all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// `ALLOWED_BRANCHES`; `None` admits all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branches: Option<Vec<RefPattern>>,
    /// `ALLOWED_ACTORS`, in lower case; `None` admits all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<String>>,
    /// `ALLOWED_WORKFLOWS`; `None` admits all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflows: Option<Vec<WorkflowPattern>>,
    /// `ALLOWED_REPOS`, where a runner's scope would let other repositories' jobs take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Allowlist>,
    /// The repository whose cache this sandbox has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Repository>,
}

/// A run, as far as it is vetted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The event that started it; empty if nobody says.
    pub event: String,
    /// The branch or tag that it runs for.
    pub reference: Reference,
    /// Who started it, and who started it again.
    pub actors: Vec<String>,
    /// The file that defines it.
    pub workflow: Option<Workflow>,
    /// Where its code comes from; `None` if that repository is gone, or hidden.
    pub head: Option<Repository>,
    /// Whether its repository is private, if GitHub says so.
    pub private: Option<bool>,
}

impl Run {
    /// Whether its code comes from another repository than this, or nobody knows whence.
    pub fn is_forked(&self, repository: &Repository) -> bool {
        self.head.as_ref() != Some(repository)
    }

    /// Whether anybody may have started it: it comes from a fork, of a repository that is not private for certain.
    pub fn is_stranger(&self, repository: &Repository, private: Option<bool>) -> bool {
        self.is_forked(repository) && private.or(self.private) != Some(true)
    }
}

impl Vetting {
    /// Reads the rules that a sandbox was given. Unknown rules are unreadable: they could not be kept.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The rules of one sandbox, for [`VARIABLE`].
    pub fn sealed(&self, cache: Option<&Repository>) -> String {
        let sealed = Self { cache: cache.cloned(), ..self.clone() };
        serde_json::to_string(&sealed).unwrap_or_default()
    }

    /// Whether a run of this repository must be asked for; `cached` if its job wants the repository's cache.
    pub fn is_needed(&self, private: Option<bool>, cached: bool) -> bool {
        let ruled = self.events.is_some()
            || self.branches.is_some()
            || self.actors.is_some()
            || self.workflows.is_some();
        ruled || cached || (private != Some(true) && !self.forks)
    }

    /// Admits a run of `repository`, saying whether it comes from a fork, or says why not.
    pub fn judge(&self, repository: &Repository, private: Option<bool>, run: &Run) -> Result<bool, Reason> {
        let forked = run.is_forked(repository);
        if self.repositories.as_ref().is_some_and(|allowed| !allowed.admits(repository)) {
            let text = format!("the run is of {repository}, which ALLOWED_REPOS does not name");
            return Err(Reason::new("repository-not-allowed", text));
        }
        if run.is_stranger(repository, private) && !self.forks {
            let text =
                "the run comes from a fork, and the repository is public; ALLOW_FORKS does not allow it";
            return Err(Reason::new("fork-not-allowed", text));
        }
        if let Some(cache) = &self.cache
            && (forked || cache != repository)
        {
            let text =
                format!("the runner has the cache of {cache}, which only that repository's own jobs get");
            return Err(Reason::new("cache-not-shared", text));
        }
        self.judge_event(run)?;
        self.judge_branch(run, forked)?;
        self.judge_actors(run)?;
        self.judge_workflow(run)?;
        Ok(forked)
    }

    fn judge_event(&self, run: &Run) -> Result<(), Reason> {
        let event = run.event.to_ascii_lowercase();
        if self.events.as_ref().is_none_or(|events| events.contains(&event)) {
            return Ok(());
        }
        let text =
            format!("the run was started by {}, which ALLOWED_EVENTS does not name", Shown(&run.event));
        Err(Reason::new("event-not-allowed", text))
    }

    fn judge_branch(&self, run: &Run, forked: bool) -> Result<(), Reason> {
        let Some(branches) = &self.branches else { return Ok(()) };
        if branches.iter().any(|pattern| run.reference.is_one_of(pattern, forked)) {
            return Ok(());
        }
        let fork = if forked { " of a fork" } else { "" };
        let what = run.reference.to_string();
        let text = format!("the run is of {}{fork}, which ALLOWED_BRANCHES does not name", Shown(&what));
        Err(Reason::new("branch-not-allowed", text))
    }

    fn judge_actors(&self, run: &Run) -> Result<(), Reason> {
        let Some(allowed) = &self.actors else { return Ok(()) };
        let known = |actor: &String| allowed.contains(&actor.to_ascii_lowercase());
        if !run.actors.is_empty() && run.actors.iter().all(known) {
            return Ok(());
        }
        let who: Vec<String> = run.actors.iter().map(|actor| Shown(actor).to_string()).collect();
        let who = if who.is_empty() { "nobody knows whom".to_owned() } else { who.join(" and ") };
        let text = format!("the run was started by {who}, which ALLOWED_ACTORS does not name");
        Err(Reason::new("actor-not-allowed", text))
    }

    fn judge_workflow(&self, run: &Run) -> Result<(), Reason> {
        let Some(allowed) = &self.workflows else { return Ok(()) };
        if run.workflow.as_ref().is_some_and(|file| allowed.iter().any(|pattern| pattern.matches(file))) {
            return Ok(());
        }
        let file =
            run.workflow.as_ref().map_or_else(|| "an unknown workflow file".to_owned(), Workflow::to_string);
        let text = format!("the run is of {}, which ALLOWED_WORKFLOWS does not name", Shown(&file));
        Err(Reason::new("workflow-not-allowed", text))
    }
}
