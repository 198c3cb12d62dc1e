//! GitHub Apps: a key signs a short-lived JWT, the JWT gets an installation's token, the token asks for the rest.
//!
//! Rules from GitHub's docs, "Generating a JSON Web Token (JWT) for a GitHub App" and "Generating an installation
//! access token for a GitHub App". All of it runs in an instance that holds the App's key and nothing else.

use super::credential::CredentialScope;
use super::request::Request;
use super::response::{Answer, Page, read};
use crate::words::duration::Duration;
use crate::words::ids::InstallationId;
use crate::words::repository::Repository;
use crate::words::scope::Scope;
use crate::words::secret::Secret;
use crate::words::time::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use rsa::PrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::BTreeMap;

/// By how much a JWT is dated back, against clocks that differ.
const BACKDATED: Duration = Duration::minutes(1);
/// How long a JWT is good for. GitHub takes 10 minutes at most, counted on its own clock.
const JWT_LIFE: Duration = Duration::minutes(9);
/// How long before it expires a token is renewed.
const MARGIN: Duration = Duration::minutes(5);

/// A credential, and when to get another, in milliseconds since the epoch.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The token or JWT.
    pub token: Secret,
    /// From then on it is not to be used.
    pub renew: Timestamp,
}

/// The own credential of the App of this id and key: a JWT of RS256, whose `jti` is `nonce`.
pub fn jwt(app: &str, key: &PrivateKey, now: Timestamp, nonce: u64) -> Option<Credential> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iat: u64,
        exp: u64,
        iss: &'a str,
        jti: String,
    }
    let (issued, expires) = (now.before(BACKDATED), now.after(JWT_LIFE));
    let claims =
        Claims { iat: issued.0 / 1000, exp: expires.0 / 1000, iss: app, jti: format!("{nonce:016x}") };
    let head = Base64UrlUnpadded::encode_string(br#"{"alg":"RS256","typ":"JWT"}"#);
    let body = Base64UrlUnpadded::encode_string(&serde_json::to_vec(&claims).ok()?);
    let signed = format!("{head}.{body}");
    let key = SigningKey::<Sha256>::new(key.clone());
    let signature = key.try_sign(signed.as_bytes()).ok()?;
    let signature = Base64UrlUnpadded::encode_string(&signature.to_bytes());
    let renew = expires.before(MARGIN);
    Some(Credential { token: Secret::new(format!("{signed}.{signature}")), renew })
}

/// The App, as it sees itself.
#[derive(Clone, Debug, Deserialize)]
pub struct App {
    /// Its name in addresses.
    #[serde(default)]
    pub slug: String,
    /// CredentialScope it is.
    #[serde(default)]
    pub owner: Owner,
    /// What it may do: a permission's name, and `read` or `write`.
    #[serde(default)]
    pub permissions: BTreeMap<String, String>,
    /// What its webhook sends.
    #[serde(default)]
    pub events: Vec<String>,
}

/// Whose an App is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Owner {
    /// Its name.
    #[serde(default)]
    pub login: String,
    /// `User` or `Organization`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl App {
    /// The response to [`Request::app`].
    pub fn seen(answer: &Answer) -> Option<Self> {
        read(answer)
    }
}

/// An App that was made of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeApp {
    /// What it signs in as.
    pub client_id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its private key.
    pub pem: Secret,
    /// What its webhook signs with.
    pub webhook_secret: Secret,
}

impl MadeApp {
    /// The response to [`Request::convert_manifest`].
    pub fn read(answer: &Answer) -> Option<Self> {
        let response = answer.as_ref().ok().filter(|response| response.status == 201)?;
        serde_json::from_slice(&response.body).ok()
    }
}

impl Request {
    /// "Get a repository installation for the authenticated app", or an organization's.
    pub fn installation(scope: Scope, repository: &Repository) -> Self {
        let path = match scope {
            Scope::Repository => format!("/repos/{repository}/installation"),
            Scope::Organization => format!("/orgs/{}/installation", repository.owner()),
        };
        Self::get(path, CredentialScope::App)
    }

    /// "Create an installation access token for an app": for one repository with what a course does there, or
    /// for a look at the installation's repositories.
    pub fn installation_token(scope: Scope, installation: InstallationId, of: Option<&Repository>) -> Self {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            repositories: Option<[&'a str; 1]>,
            permissions: serde_json::Value,
        }
        let permissions = match (of, scope) {
            (None, _) => serde_json::json!({"metadata": "read"}),
            (Some(_), Scope::Repository) => serde_json::json!({"administration": "write", "actions": "read"}),
            (Some(_), Scope::Organization) => {
                serde_json::json!({"organization_self_hosted_runners": "write", "actions": "read"})
            }
        };
        let body = Body { repositories: of.map(|repository| [repository.name()]), permissions };
        Self::post(
            format!("/app/installations/{installation}/access_tokens"),
            Some(serde_json::to_string(&body).unwrap_or_default()),
            CredentialScope::App,
        )
    }

    /// "Get the authenticated app".
    pub fn app() -> Self {
        Self::get("/app".to_owned(), CredentialScope::App)
    }

    /// "Create a GitHub App from a manifest". It goes without a credential: the code is one.
    pub fn convert_manifest(code: &str) -> Result<Self, String> {
        let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain || !(1..=128).contains(&code.len()) {
            return Err("what GitHub sent the browser back with is no code".to_owned());
        }
        Ok(Self::post(format!("/app-manifests/{code}/conversions"), None, CredentialScope::Nobody))
    }

    /// "List installations for the authenticated app".
    pub fn installations(page: u32) -> Self {
        Self::get(format!("/app/installations?per_page=100&page={page}"), CredentialScope::App)
    }

    /// "List repositories accessible to the app installation".
    pub fn installation_repositories(installation: InstallationId, page: u32) -> Self {
        let path = format!("/installation/repositories?per_page=100&page={page}");
        Self::get(path, CredentialScope::Installation(installation))
    }
}

/// The response to [`Request::installation`].
pub fn read_installation(answer: &Answer) -> Option<InstallationId> {
    #[derive(Deserialize)]
    struct Body {
        id: InstallationId,
    }
    read::<Body>(answer).map(|body| body.id)
}

/// The response to [`Request::installation_token`]. Tokens have no fixed form: ~520 characters since 2026-04.
pub fn read_token(answer: &Answer) -> Option<Credential> {
    #[derive(Deserialize)]
    struct Body {
        token: String,
        expires_at: String,
    }
    let response = answer.as_ref().ok().filter(|response| response.status == 201)?;
    let body: Body = serde_json::from_slice(&response.body).ok()?;
    if !is_token(&body.token) {
        return None;
    }
    let expires = Timestamp::parse(&body.expires_at)?;
    Some(Credential { token: Secret::new(body.token), renew: expires.before(MARGIN) })
}

/// Whether a text can stand in an `Authorization` header.
fn is_token(text: &str) -> bool {
    (1..=4096).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The response to [`Request::installations`]: those that are not suspended.
pub fn read_installations(answer: &Answer) -> Option<Page<InstallationId>> {
    #[derive(Deserialize)]
    struct Installation {
        id: InstallationId,
        #[serde(default)]
        suspended_at: Option<String>,
    }
    let all: Vec<Installation> = read(answer)?;
    Some(Page::new(all).filter_map(|one| one.suspended_at.is_none().then_some(one.id)))
}

/// The response to [`Request::installation_repositories`]: those that are not archived.
pub fn read_repositories(answer: &Answer) -> Option<Page<Repository>> {
    #[derive(Deserialize)]
    struct Body {
        repositories: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        full_name: String,
        #[serde(default)]
        archived: bool,
    }
    let all = read::<Body>(answer)?.repositories;
    let live = |named: Named| Repository::parse(&named.full_name).ok().filter(|_| !named.archived);
    Some(Page::new(all).filter_map(live))
}
