//! What a host does for its courses, as `host/` does it in production: claims, turns, and tickets that are kept.
//!
//! The pace and the claims are the model's own until the core has them (issue 17).

mod pace;
mod running;

pub use pace::{Answer, Pace};
pub use running::{Course, Running};

use std::collections::{BTreeMap, BTreeSet};

/// One process that plays courses.
#[derive(Debug, Default)]
pub struct Host {
    /// Which course has which job to itself.
    pub claims: BTreeMap<u64, u64>,
    /// The jobs that some course of it had.
    pub had: BTreeSet<u64>,
    /// CredentialScope turn it is to ask for a registration.
    pub pace: Pace,
    /// When diagnostic runners were permitted.
    pub permits: Vec<u64>,
    /// What it has of the App's tokens, and until when.
    pub tokens: BTreeMap<String, u64>,
    /// Until when GitHub told it to wait, and for how long, by any answer.
    pub told_to_wait: (u64, u64),
    /// Until when, and since when, by the answer to a registration.
    pub registrations_wait: (u64, u64),
}
