//! What a house hands on to the next one: a container that sleeps or ends should not make GitHub tell it all again.
//!
//! Best effort: whatever is missing is asked for. It holds no secret.

use super::claims::Kept;
use super::orphans::Orphans;
use super::{Account, House, Listing};
use crate::words::ids::RunId;
use crate::words::repository::Repository;
use serde::{Deserialize, Serialize};

/// All that is handed on.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    claims: Kept,
    walk: Vec<(Repository, RunId)>,
    orphans: Orphans,
    listings: Vec<((Account, String), Listing)>,
}

impl House {
    /// What the next house is to know, as text: some ten thousand bytes where much happens.
    pub fn memory(&self) -> String {
        let memory = Memory {
            claims: self.claims.kept(),
            walk: self.walk.kept(),
            orphans: self.orphans.clone(),
            listings: self.listings.kept(),
        };
        serde_json::to_string(&memory).unwrap_or_default()
    }

    /// Takes over what [`House::memory`] of another house said. What cannot be read is as good as nothing.
    pub fn remember(&mut self, memory: &str) {
        let Memory { claims, walk, orphans, listings } = serde_json::from_str(memory).unwrap_or_default();
        self.claims.remember(claims);
        self.walk.remember(walk);
        self.orphans.remember(orphans);
        self.listings.remember(listings);
    }
}
