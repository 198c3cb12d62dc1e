//! Actions by the repository that they lie in, and commits by their id.

use super::repository::{Repository, is_segment};
use std::fmt;

/// The id of a commit: 40 digits of lower-case hex, and so safe in a path and in a command.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commit(String);

impl Commit {
    /// Takes 40 digits of lower-case hex, as git writes them.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        (text.len() == 40 && text.bytes().all(digit)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A repository of actions, and which of its commits are meant: what `at` names, or those of its newest versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The repository, spelt as GitHub spells it.
    pub repository: Repository,
    /// A tag, a branch, or a commit's id.
    pub at: Option<String>,
}

/// Why a text is not an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidAction {
    /// It is not of the form `owner/repo` or `owner/repo@ref`.
    Form,
    /// It names a folder of a repository, as `uses:` may.
    Folder,
}

impl fmt::Display for InvalidAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "names what is no action, as `owner/repo` or `owner/repo@ref`",
            Self::Folder => "names a folder; an archive holds a whole repository",
        })
    }
}

impl Action {
    /// Reads `owner/repo` or `owner/repo@ref`.
    pub fn parse(text: &str) -> Result<Self, InvalidAction> {
        let (name, at) = text.split_once('@').map_or((text, None), |(name, at)| (name, Some(at)));
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        if at.is_some_and(|at| at.is_empty() || at.len() > 200 || !at.bytes().all(plain)) {
            return Err(InvalidAction::Form);
        }
        if name.split('/').count() > 2 && name.split('/').all(is_segment) {
            return Err(InvalidAction::Folder);
        }
        let repository = Repository::parse(name).map_err(|_| InvalidAction::Form)?;
        Ok(Self { repository, at: at.map(str::to_owned) })
    }
}
