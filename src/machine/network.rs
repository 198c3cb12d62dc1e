//! The domains that a job may reach, where a profile bounds them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What the runner itself needs (GitHub's docs, "Self-hosted runners reference", requirements for communication; the
/// list is `data/reusables/actions/runner-essential-communications.md` of github/docs), and where release assets have
/// come from since 2025. Among them is all that actions, caches, artifacts and packages on GitHub need.
pub const RUNNERS_OWN: [&str; 17] = [
    "github.com",
    "api.github.com",
    "codeload.github.com",
    "*.actions.githubusercontent.com",
    "results-receiver.actions.githubusercontent.com",
    "*.blob.core.windows.net",
    "objects.githubusercontent.com",
    "objects-origin.githubusercontent.com",
    "release-assets.githubusercontent.com",
    "github-releases.githubusercontent.com",
    "github-registry-files.githubusercontent.com",
    "github-cloud.githubusercontent.com",
    "github-cloud.s3.amazonaws.com",
    "raw.githubusercontent.com",
    "pkg-containers.githubusercontent.com",
    "*.pkg.github.com",
    "ghcr.io",
];

/// A domain, or with `*.` before it all domains below it, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

/// Why a text is not a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDomain;

impl fmt::Display for InvalidDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a domain, as `packages.example.com` or `*.example.org`")
    }
}

impl Domain {
    /// Reads a domain: labels of letters, digits and `-`, at least two of them.
    pub fn parse(text: &str) -> Result<Self, InvalidDomain> {
        let text = text.to_ascii_lowercase();
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let fits = name.len() <= 253 && name.contains('.') && name.split('.').all(label);
        if fits { Ok(Self(text)) } else { Err(InvalidDomain) }
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidDomain;
    fn try_from(text: String) -> Result<Self, InvalidDomain> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

/// A profile's domains and the runner's own, each once.
pub(super) fn with_runners_own(domains: Vec<Domain>) -> Vec<Domain> {
    let own = RUNNERS_OWN.into_iter().filter_map(|domain| Domain::parse(domain).ok());
    let mut all: Vec<_> = own.chain(domains).collect();
    all.sort();
    all.dedup();
    all
}
