//! A runner group of an organization: whether there is one, and which repositories may use it.

use super::credential::CredentialScope;
use super::request::Request;
use super::response::{Answer, Page, read};
use crate::words::repository::Repository;
use serde::Deserialize;

/// A runner group. What GitHub leaves out is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct RunnerGroup {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// `all`, `private` or `selected`: which repositories may use it.
    #[serde(default)]
    pub visibility: String,
    /// Whether a public repository may.
    #[serde(default)]
    pub allows_public_repositories: bool,
}

/// A repository that may use a group.
#[derive(Clone, Debug, Deserialize)]
pub struct Member {
    /// As `owner/name`.
    pub full_name: String,
    /// Whether it is private.
    #[serde(default)]
    pub private: bool,
}

impl RunnerGroup {
    /// The response to [`Request::runner_group`].
    pub fn seen(answer: &Answer) -> Option<Self> {
        read(answer)
    }
}

impl Member {
    /// The response to [`Request::group_repositories`].
    pub fn page(answer: &Answer) -> Option<Page<Self>> {
        #[derive(Deserialize)]
        struct Body {
            repositories: Vec<Member>,
        }
        read::<Body>(answer).map(|body| Page::new(body.repositories))
    }
}

impl Request {
    /// "Get a self-hosted runner group for an organization".
    pub fn runner_group(repository: &Repository, group: u64) -> Self {
        let path = format!("/orgs/{}/actions/runner-groups/{group}", repository.owner());
        Self::get(path, CredentialScope::of(repository))
    }

    /// "List repository access to a self-hosted runner group in an organization".
    pub fn group_repositories(repository: &Repository, group: u64, page: u32) -> Self {
        let owner = repository.owner();
        let path =
            format!("/orgs/{owner}/actions/runner-groups/{group}/repositories?per_page=100&page={page}");
        Self::get(path, CredentialScope::of(repository))
    }
}
