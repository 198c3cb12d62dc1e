//! Which actions lie in the runner image as archives, of which commits, and under which names the runner looks for them.
//!
//! The runner asks GitHub which commit a `uses:` means, and then looks for `OWNER_REPO/COMMIT.tar.gz` before it downloads
//! (`ActionManager.cs` of actions/runner). So an archive that is missing costs a job a download, and nothing else.

use crate::words::action::{Action, Commit};
use crate::words::repository::Repository;
use std::collections::{BTreeMap, BTreeSet};

/// What most workflows begin and end with.
const WELL_KNOWN: [&str; 9] = [
    "actions/checkout",
    "actions/setup-node",
    "actions/setup-python",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-dotnet",
    "actions/cache",
    "actions/upload-artifact",
    "actions/download-artifact",
];
/// Of a repository's versions: how many majors, the newest first, and how many versions of each beside what its `v4` means.
const MAJORS: usize = 3;
const VERSIONS: usize = 5;

/// A version as a tag names it: `v4`, `v4.2` or `v4.2.1`.
type Version = (u32, Option<u32>, Option<u32>);

/// A repository whose archives are wanted, and by which names its commits are; its newest versions, if by none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The repository.
    pub repository: Repository,
    newest: bool,
    named: BTreeSet<String>,
}

/// One archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Of which commit.
    pub commit: Commit,
    /// Where the runner looks for it, below the folder of all archives.
    pub file: String,
    /// The one folder in it, as in those that GitHub makes.
    pub folder: String,
}

/// The well-known repositories and those that are `added`, each once.
pub fn sources(added: &[Action]) -> Vec<Source> {
    let known = WELL_KNOWN.iter().filter_map(|name| Action::parse(name).ok());
    let mut sources: Vec<Source> = Vec::new();
    for Action { repository, at } in known.chain(added.iter().cloned()) {
        let at_end = sources.len();
        let at_same = sources.iter().position(|source| source.repository == repository).unwrap_or(at_end);
        if at_same == at_end {
            sources.push(Source { repository, newest: false, named: BTreeSet::new() });
        }
        if let Some(source) = sources.get_mut(at_same) {
            source.newest |= at.is_none();
            source.named.extend(at);
        }
    }
    sources
}

impl Source {
    /// Where git finds the repository. An enterprise's GitHub has copies of the well-known ones at best, of the same
    /// commits; so github.com's are taken everywhere.
    pub fn url(&self) -> String {
        format!("https://github.com/{}.git", self.repository)
    }

    /// The archives that are wanted, each once, out of what `git ls-remote` says of the repository.
    pub fn archives(&self, listing: &str) -> Vec<Archive> {
        let refs = read(listing);
        let of = |name: &String| {
            let id = Commit::parse(name);
            let tag = refs.get(format!("refs/tags/{name}").as_str());
            let branch = refs.get(format!("refs/heads/{name}").as_str());
            id.into_iter().chain([tag, branch].into_iter().flatten().cloned())
        };
        let newest = if self.newest { newest(&refs) } else { Vec::new() };
        let mut seen = BTreeSet::new();
        let all = newest.into_iter().chain(self.named.iter().flat_map(of));
        all.filter(|commit| seen.insert(commit.clone())).map(|commit| self.archive(commit)).collect()
    }

    fn archive(&self, commit: Commit) -> Archive {
        let (owner, name, id) = (self.repository.owner(), self.repository.name(), commit.as_str());
        let (file, folder) = (format!("{owner}_{name}/{id}.tar.gz"), format!("{owner}-{name}-{id}"));
        Archive { commit, file, folder }
    }
}

/// The refs of a listing and their commits. Of a tag that is an object of its own the line with `^{}` has the commit.
fn read(listing: &str) -> BTreeMap<&str, Commit> {
    let lines = || {
        listing.lines().filter_map(|line| {
            let (id, name) = line.split_once('\t')?;
            Some((name, Commit::parse(id)?))
        })
    };
    let mut refs: BTreeMap<&str, Commit> = lines().collect();
    refs.extend(lines().filter_map(|(name, commit)| Some((name.strip_suffix("^{}")?, commit))));
    refs
}

/// The commits of the newest versions.
fn newest(refs: &BTreeMap<&str, Commit>) -> Vec<Commit> {
    let mut majors: BTreeMap<u32, BTreeMap<Version, Commit>> = BTreeMap::new();
    for (name, commit) in refs {
        if let Some(version) = name.strip_prefix("refs/tags/").and_then(version) {
            majors.entry(version.0).or_default().insert(version, commit.clone());
        }
    }
    let of = |versions: BTreeMap<Version, Commit>| {
        let (moving, fixed): (Vec<_>, Vec<_>) =
            versions.into_iter().rev().partition(|((_, minor, _), _)| minor.is_none());
        moving.into_iter().chain(fixed.into_iter().take(VERSIONS)).map(|(_, commit)| commit)
    };
    majors.into_values().rev().take(MAJORS).flat_map(of).collect()
}

fn version(tag: &str) -> Option<Version> {
    let numbers: Option<Vec<u32>> =
        tag.strip_prefix('v').unwrap_or(tag).split('.').map(|n| n.parse().ok()).collect();
    match numbers?.as_slice() {
        [major] => Some((*major, None, None)),
        [major, minor] => Some((*major, Some(*minor), None)),
        [major, minor, patch] => Some((*major, Some(*minor), Some(*patch))),
        _ => None,
    }
}
