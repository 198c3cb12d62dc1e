//! What a host does for its courses, as `host/` does it in production: it keeps the core's house, and tickets.

mod running;

pub use running::{Course, Running};

use jitney::house::House;
use std::collections::BTreeMap;

/// One process that plays courses.
#[derive(Debug, Default)]
pub struct Host {
    /// What all its courses share.
    pub house: House,
    /// When the house is to be looked at next.
    pub due: Option<u64>,
    /// What it has of the App's tokens, and until when.
    pub tokens: BTreeMap<String, u64>,
    /// Until when GitHub told it to wait, and since when, by any answer.
    pub told_to_wait: (u64, u64),
}
