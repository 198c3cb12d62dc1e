//! What a request needs a credential for.

use crate::words::ids::InstallationId;
use crate::words::repository::Repository;
use serde::{Deserialize, Serialize};

/// What a request needs a credential for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialScope {
    /// One repository's runners and jobs, through this installation of the App if it is known.
    Repository(Repository, Option<InstallationId>),
    /// What an installation may see.
    Installation(InstallationId),
    /// The App itself.
    App,
    /// None: what is asked is anybody's to know.
    Nobody,
}

impl CredentialScope {
    /// One repository's, through whichever installation it has.
    pub fn of(repository: &Repository) -> Self {
        Self::Repository(repository.clone(), None)
    }

    /// As the host keeps it, to know a credential by.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`CredentialScope::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
