//! A request to GitHub's REST API. Those that there are stand in the rooms of what they ask for, each valid against GitHub's
//! published OpenAPI description.

use super::credential::CredentialScope;
use super::etag::Etag;
use crate::words::secret::Secret;

/// The HTTP methods that jitney uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

/// A request, below the API's base. Made only by the functions here, out of types that are safe in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path below the base, with its query.
    pub path: String,
    /// A JSON body, or none.
    pub body: Option<String>,
    /// What it needs a credential for.
    pub needs: CredentialScope,
    /// Whether github.com is asked, whichever GitHub the settings name.
    pub at_github_com: bool,
    /// The credential, once there is one.
    pub credential: Option<Secret>,
    /// The version that is known already: any other is wanted.
    pub known: Option<Etag>,
}

impl Request {
    pub(super) fn get(path: String, needs: CredentialScope) -> Self {
        Self {
            method: Method::Get,
            path,
            body: None,
            needs,
            at_github_com: false,
            credential: None,
            known: None,
        }
    }

    pub(super) fn post(path: String, body: Option<String>, needs: CredentialScope) -> Self {
        Self { method: Method::Post, path, body, needs, at_github_com: false, credential: None, known: None }
    }

    /// "Get rate limit status for the authenticated user".
    pub fn quota() -> Self {
        Self::get("/rate_limit".to_owned(), CredentialScope::App)
    }

    /// Whether it registers a runner.
    pub fn is_mint(&self) -> bool {
        self.method == Method::Post && self.path.ends_with("/generate-jitconfig")
    }

    /// The headers that go with it, the credential among them.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("accept", "application/vnd.github+json".to_owned()),
            ("user-agent", concat!("jitney/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("x-github-api-version", "2022-11-28".to_owned()),
        ];
        if let Some(token) = &self.credential {
            headers.push(("authorization", format!("Bearer {}", token.expose())));
        }
        if let Some(known) = &self.known {
            headers.push(("if-none-match", known.as_str().to_owned()));
        }
        if let Some(body) = &self.body {
            headers.push(("content-type", "application/json".to_owned()));
            headers.push(("content-length", body.len().to_string()));
        } else if self.method != Method::Get {
            // Else it would go in chunks, none of them.
            headers.push(("content-length", "0".to_owned()));
        }
        headers
    }
}
