//! Which repositories may have runners: the patterns of `ALLOWED_REPOS`.

use crate::words::repository::{Repository, is_segment};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which repositories may have runners: `ALLOWED_REPOS`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Allowlist {
    /// `None` admits every repository.
    admitted: Option<Vec<Pattern>>,
    excluded: Vec<Pattern>,
}

/// `owner/repo` or `owner/*`.
#[derive(Clone, Debug)]
struct Pattern {
    owner: String,
    /// `None` is `*`.
    name: Option<String>,
}

impl Allowlist {
    /// Reads the comma-separated patterns of `ALLOWED_REPOS`; the error says which pattern is at fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut list = Self { admitted: Some(Vec::new()), excluded: Vec::new() };
        let admitted = list.admitted.get_or_insert_default();
        for (at, entry) in text.split(',').map(str::trim).enumerate() {
            if entry.is_empty() {
                continue;
            }
            let (target, pattern) = match entry.strip_prefix('!') {
                Some(rest) => (&mut list.excluded, rest.trim()),
                None => (&mut *admitted, entry),
            };
            let fault = format!("entry {} is not `owner/repo`, `owner/*` or `!owner/repo`", at + 1);
            target.push(Pattern::parse(pattern).ok_or(fault)?);
        }
        match (admitted.is_empty(), list.excluded.is_empty()) {
            (true, true) => Err("is set but names no repository".to_owned()),
            (true, false) => Err("names only exclusions, so it admits nobody".to_owned()),
            _ => Ok(list),
        }
    }

    /// The repositories that are named one by one.
    pub fn exact(&self) -> Vec<Repository> {
        let named = |pattern: &Pattern| {
            let name = pattern.name.as_ref()?;
            Repository::parse(&format!("{}/{name}", pattern.owner)).ok()
        };
        self.admitted.iter().flatten().filter_map(named).collect()
    }

    /// The owners of whom every repository is admitted, by a repository that stands for theirs.
    pub fn owners(&self) -> Vec<Repository> {
        let all = |pattern: &Pattern| match pattern.name {
            None => Repository::parse(&format!("{}/all", pattern.owner)).ok(),
            Some(_) => None,
        };
        self.admitted.iter().flatten().filter_map(all).collect()
    }

    /// Whether `repository` may have runners: admitted by a pattern, and excluded by none.
    pub fn admits(&self, repository: &Repository) -> bool {
        let hit = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(repository));
        self.admitted.as_deref().is_none_or(hit) && !hit(&self.excluded)
    }
}

impl TryFrom<String> for Allowlist {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() { Ok(Self::default()) } else { Self::parse(&text) }
    }
}

impl From<Allowlist> for String {
    fn from(list: Allowlist) -> Self {
        let admitted = list.admitted.iter().flatten().map(Pattern::to_string);
        let excluded = list.excluded.iter().map(|pattern| format!("!{pattern}"));
        admitted.chain(excluded).collect::<Vec<_>>().join(",")
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name.as_deref().unwrap_or("*"))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let fits = is_segment(owner) && (name == "*" || is_segment(name));
        fits.then(|| Self { owner: owner.to_owned(), name: (name != "*").then(|| name.to_owned()) })
    }

    fn matches(&self, repository: &Repository) -> bool {
        self.owner.eq_ignore_ascii_case(repository.owner())
            && self.name.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(repository.name()))
    }
}
