//! Branches, tags and workflow files, and the patterns that name them. Refs are compared as refs: `main` is
//! `refs/heads/main` of the repository itself, and neither a tag nor a fork's branch of that name.

use crate::words::repository::Repository;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a run is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reference {
    /// A full ref of the repository itself, as `refs/heads/main`.
    Full(String),
    /// A pull request's branch, in the repository that its code comes from.
    Head(String),
    /// A branch or a tag: GitHub's API does not say which. The sandbox, which is told, looks again.
    Named(String),
    /// Nobody says.
    Untold,
}

impl Reference {
    /// Whether it is a ref of the repository itself that the pattern names.
    pub fn is_one_of(&self, pattern: &RefPattern, forked: bool) -> bool {
        match self {
            Self::Full(full) => pattern.matches(full),
            Self::Head(branch) => !forked && pattern.matches(&format!("refs/heads/{branch}")),
            Self::Named(name) => !forked && pattern.matches_either(name),
            Self::Untold => false,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(name) => f.write_str(name.strip_prefix("refs/heads/").unwrap_or(name)),
            Self::Head(name) | Self::Named(name) => f.write_str(name),
            Self::Untold => f.write_str("an unknown branch"),
        }
    }
}

/// A branch, as `main`, or another ref, as `tags/v*`; `*` stands for anything, `/` too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefPattern(String);

impl RefPattern {
    /// Takes a pattern in.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a full ref is one of these.
    pub fn matches(&self, full: &str) -> bool {
        let pattern = self.0.as_str();
        if pattern.starts_with("refs/") {
            return fits(pattern, full);
        }
        if pattern.starts_with("tags/") {
            return full.strip_prefix("refs/").is_some_and(|rest| fits(pattern, rest));
        }
        full.strip_prefix("refs/heads/").is_some_and(|branch| fits(pattern, branch))
    }

    /// Whether it looks like a version, which only tags have: as a pattern it names branches.
    pub fn seems_a_tag(&self) -> bool {
        let rest = self.0.strip_prefix('v').unwrap_or_default();
        rest.starts_with(|c: char| c == '*' || c.is_ascii_digit())
    }

    fn matches_either(&self, name: &str) -> bool {
        ["heads", "tags"].iter().any(|kind| self.matches(&format!("refs/{kind}/{name}")))
    }
}

/// The file that defines a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its path; of a file in another repository, behind that repository's name.
    path: String,
    /// Where it was read; `None` if GitHub's API does not say. The sandbox, which is told, looks again.
    reference: Option<Reference>,
}

impl Workflow {
    /// Reads `path` or `path@ref`; without a ref, it is of `reference`. The repository's own name is left out.
    pub fn new(text: &str, repository: Option<&Repository>, reference: Option<Reference>) -> Self {
        let (path, at) = match text.split_once('@') {
            Some((path, at)) if at.starts_with("refs/") => (path, Some(Reference::Full(at.to_owned()))),
            Some((path, at)) => (path, Some(Reference::Named(at.to_owned()))),
            None => (text, reference),
        };
        let own = repository.map(|own| format!("{own}/")).unwrap_or_default();
        let path = match path.split_at_checked(own.len()) {
            Some((owner, rest)) if owner.eq_ignore_ascii_case(&own) => rest,
            _ => path,
        };
        Self { path: path.to_owned(), reference: at }
    }
}

impl fmt::Display for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        self.reference.as_ref().map_or(Ok(()), |reference| write!(f, "@{reference}"))
    }
}

/// A workflow file, as `.github/workflows/deploy.yml` or, at certain refs only, `.github/workflows/*@main`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkflowPattern(String);

impl WorkflowPattern {
    /// Takes a pattern in.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether a workflow file is one of these.
    pub fn matches(&self, file: &Workflow) -> bool {
        let (path, at) = match self.0.split_once('@') {
            Some((path, at)) => (path, Some(RefPattern::new(at))),
            None => (self.0.as_str(), None),
        };
        let there = |pattern: RefPattern| {
            file.reference.as_ref().is_none_or(|reference| reference.is_one_of(&pattern, false))
        };
        fits(path, &file.path) && at.is_none_or(there)
    }
}

/// Whether a text is what a pattern says, in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
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
