//! Whether a job may run here for what started it: its event, branch, actor, and whether it comes from a fork.
//!
//! A payload does not say it all, so the run is asked for. On a public repository anybody can open a pull request
//! whose workflow runs their own code, so by default no fork's run is admitted there (GitHub's docs, "Secure use
//! reference", on self-hosted runners). Another job's runner may still be given to one: `runner/job_started.py`, in
//! the sandbox, looks again.

use crate::reply::Reason;
use crate::words::printable::Shown;
use crate::words::repository::Repository;

/// What the operator admits.
#[derive(Clone, Debug, Default)]
pub struct Vetting {
    /// `ALLOW_FORKS`.
    pub forks: bool,
    /// `ALLOWED_EVENTS`, in lower case; `None` admits all.
    pub events: Option<Vec<String>>,
    /// `ALLOWED_BRANCHES`; `None` admits all.
    pub branches: Option<Vec<BranchPattern>>,
    /// `ALLOWED_ACTORS`, in lower case; `None` admits all.
    pub actors: Option<Vec<String>>,
}

/// A run, as far as it is vetted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The event that started it.
    pub event: String,
    /// The branch or tag; a detached run has none.
    pub branch: Option<String>,
    /// Who started it, and who started it again.
    pub actors: Vec<String>,
    /// Where its code comes from; `None` if that repository is gone, or hidden.
    pub head: Option<Repository>,
    /// Whether its repository is private, where GitHub says so.
    pub private: Option<bool>,
}

/// A branch's name, in which `*` stands for anything, `/` too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPattern(String);

impl BranchPattern {
    /// Takes a pattern in.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a branch is one of these.
    pub fn matches(&self, branch: &str) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = branch.strip_prefix(first) else { return false };
        let mut pieces: Vec<&str> = pieces.collect();
        let Some(last) = pieces.pop() else { return rest.is_empty() };
        for piece in pieces {
            match rest.find(piece) {
                Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl Vetting {
    /// Whether a run of this repository must be asked for; `cached` if what a fork may not have is at stake.
    pub fn is_needed(&self, private: Option<bool>, cached: bool) -> bool {
        let public = private != Some(true);
        let ruled = self.events.is_some() || self.branches.is_some() || self.actors.is_some();
        ruled || (public && (!self.forks || cached))
    }

    /// Admits a run of `repository`, saying whether it comes from a fork, or says why not.
    pub fn judge(&self, repository: &Repository, private: Option<bool>, run: &Run) -> Result<bool, Reason> {
        let forked = run.head.as_ref() != Some(repository);
        let public = private.or(run.private) != Some(true);
        if forked && public && !self.forks {
            let text =
                "the run comes from a fork, and the repository is public; ALLOW_FORKS does not allow it";
            return Err(Reason::new("fork-not-allowed", text));
        }
        let event = run.event.to_ascii_lowercase();
        if self.events.as_ref().is_some_and(|events| !events.contains(&event)) {
            let text =
                format!("the run was started by {}, which ALLOWED_EVENTS does not name", Shown(&run.event));
            return Err(Reason::new("event-not-allowed", text));
        }
        let branch = run.branch.as_deref().unwrap_or_default();
        if self.branches.as_ref().is_some_and(|branches| !branches.iter().any(|b| b.matches(branch))) {
            let text = format!("the run is of {}, which ALLOWED_BRANCHES does not name", Shown(branch));
            return Err(Reason::new("branch-not-allowed", text));
        }
        let known = |actors: &Vec<String>| {
            !run.actors.is_empty() && run.actors.iter().all(|one| actors.contains(&one.to_ascii_lowercase()))
        };
        if self.actors.as_ref().is_some_and(|actors| !known(actors)) {
            let who: Vec<String> = run.actors.iter().map(|actor| Shown(actor).to_string()).collect();
            let text =
                format!("the run was started by {}, which ALLOWED_ACTORS does not name", who.join(" and "));
            return Err(Reason::new("actor-not-allowed", text));
        }
        Ok(forked)
    }
}
