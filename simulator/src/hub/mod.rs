//! The model of GitHub: runs and their jobs, runners that take them by labels alone, a webhook's deliveries, limits.

mod deliveries;
mod jobs;
mod limits;
mod listings;
mod routes;
mod runners;
mod wire;

pub use deliveries::{Attempt, Told, guid_text};
pub use jobs::{Job, Nature, Run, Stage};
pub use limits::Limits;
pub use listings::status_of;
pub use routes::{APP_TOKEN, installation_token, repository_token};
pub use runners::Runner;

use crate::layout::Home;
use std::collections::{BTreeMap, BTreeSet};

/// All of it.
#[derive(Debug, Default)]
pub struct Hub {
    /// The repositories.
    pub homes: Vec<Home>,
    /// Whether runners are registered at the organisation.
    pub organization: bool,
    /// Whether a GitHub App signs in.
    pub app: bool,
    /// The jobs, by id.
    pub jobs: BTreeMap<u64, Job>,
    /// The runs, by id.
    pub runs: BTreeMap<u64, Run>,
    /// Runs that are not over.
    pub open_runs: BTreeSet<u64>,
    /// Jobs that wait for a runner.
    pub queued: BTreeSet<u64>,
    /// The registered runners, by id.
    pub runners: BTreeMap<u64, Runner>,
    /// Runners that were deleted by a request, and have not noticed yet.
    pub deleted: Vec<u64>,
    /// Every attempt to deliver, the oldest first.
    pub attempts: Vec<Attempt>,
    /// Attempts that were asked for again: their places in `attempts`.
    pub wanted: Vec<usize>,
    /// How much it answers.
    pub limits: Limits,
    /// Runners and runs of others that fill its listings.
    pub crowd: u64,
    /// How many registrations it made.
    pub mints: u64,
    /// How far its clock is ahead of jitney's, or behind, in milliseconds.
    pub ahead: i64,
    /// Requests that no GitHub takes.
    pub malformed: Option<String>,
    pub(crate) next: u64,
}

impl Hub {
    /// What GitHub's clock shows at that time of jitney's.
    pub fn clock(&self, now: u64) -> u64 {
        now.saturating_add_signed(self.ahead)
    }

    /// The place of a repository in the layout.
    pub fn home(&self, name: &str) -> Option<usize> {
        self.homes.iter().position(|home| home.name == name)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
