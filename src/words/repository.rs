//! Repositories by name.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// A repository, `owner/name`. Both parts are safe in a URL path as they stand, and compare without case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository {
    owner: String,
    name: String,
}

/// Why a text is not a repository's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRepository;

impl fmt::Display for InvalidRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not of the form owner/repo, in letters, digits, `-`, `_` and `.`")
    }
}

impl Repository {
    /// Reads `owner/name`.
    pub fn parse(text: &str) -> Result<Self, InvalidRepository> {
        let (owner, name) = text.split_once('/').ok_or(InvalidRepository)?;
        if !is_segment(owner) || !is_segment(name) {
            return Err(InvalidRepository);
        }
        Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// The user or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name without its owner.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Whether a text is one segment of a URL path that can mean nothing but itself, as an owner and a name are.
pub fn is_segment(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

impl PartialEq for Repository {
    fn eq(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for Repository {}

impl PartialOrd for Repository {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Repository {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |repository: &Self| repository.to_string().to_ascii_lowercase();
        key(self).cmp(&key(other))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl TryFrom<String> for Repository {
    type Error = InvalidRepository;
    fn try_from(text: String) -> Result<Self, InvalidRepository> {
        Self::parse(&text)
    }
}

impl From<Repository> for String {
    fn from(repository: Repository) -> Self {
        repository.to_string()
    }
}
