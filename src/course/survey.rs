//! Who is coming: whether, among the sandboxes that were started for a job, there is one whose runner will take it.
//!
//! A JIT runner is not pinned to a job, so a sandbox of the job's name may be at work on another. GitHub knows which
//! runners are busy; a sandbox without a runner's id was not handed its config, and either will be soon or ends.

use super::Sandbox;
use crate::delivery::runner_id;
use crate::github::{self, Fault, Request, Response, RunnerState};
use crate::words::repository::Repository;
use crate::words::scope::Scope;

/// The sandboxes of one job, on the way to a finding.
#[derive(Debug)]
pub(super) struct Survey {
    left: Vec<Sandbox>,
    /// How many there were.
    pub(super) count: u32,
    undecided: bool,
}

/// What a survey comes to.
#[derive(Debug)]
pub(super) enum Finding {
    /// GitHub is to be asked this.
    Ask(Request),
    /// A sandbox may be about to get its config, or to give up waiting for it.
    Undecided,
    /// Nobody is.
    Nobody,
}

impl Survey {
    pub(super) fn new(found: Vec<Sandbox>) -> Self {
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        Self { left: found, count, undecided: false }
    }

    /// The next question, or the finding.
    pub(super) fn next(&mut self, scope: Scope, repository: &Repository) -> Finding {
        while let Some(sandbox) = self.left.pop() {
            match sandbox.tag("runner_id").and_then(runner_id) {
                Some(runner) => return Finding::Ask(Request::runner(scope, repository, runner)),
                None => self.undecided = true,
            }
        }
        if self.undecided { Finding::Undecided } else { Finding::Nobody }
    }

    /// Takes GitHub's answer to [`Finding::Ask`]; whether that runner is coming. The sandbox of one that is gone is
    /// about to end: until then its job's claim is not free.
    pub(super) fn coming(&mut self, answer: Result<&Response, Fault>) -> bool {
        let state = github::read_runner(answer);
        self.undecided |= state == RunnerState::Gone;
        state == RunnerState::Coming
    }
}
