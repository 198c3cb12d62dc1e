//! GitHub Apps: a key signs a short-lived JWT, the JWT gets an installation's token, the token asks for the rest.
//!
//! Rules from GitHub's docs, "Generating a JSON Web Token (JWT) for a GitHub App" and "Generating an installation
//! access token for a GitHub App". All of it runs in an instance that holds the App's key and nothing else.

use super::{Fault, Request, Response};
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

/// By how much a JWT is dated back, against clocks that differ.
const BACKDATED: Duration = Duration::minutes(1);
/// How long a JWT is good for. GitHub takes 10 minutes at most, counted on its own clock.
const JWT_LIFE: Duration = Duration::minutes(9);
/// How long before it expires a token is renewed.
const MARGIN: Duration = Duration::minutes(5);

/// What a request needs a credential for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whose {
    /// One repository's runners and jobs, through this installation of the App if it is known.
    Repository(Repository, Option<InstallationId>),
    /// What an installation may see.
    Installation(InstallationId),
    /// The App itself.
    App,
    /// None: what is asked is anybody's to know.
    Nobody,
}

impl Whose {
    /// As the host keeps it, to know a credential by.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Whose::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// A credential, and when to get another, in milliseconds since the epoch.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The token or JWT.
    pub token: Secret,
    /// From then on it is not to be used.
    pub renew: Timestamp,
}

/// The own credential of the App of this id and key: a JWT of RS256, whose `jti` is `nonce`.
pub fn jwt(app: &str, key: &PrivateKey, now: Timestamp, nonce: u64) -> Option<Grant> {
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
    Some(Grant { token: Secret::new(format!("{signed}.{signature}")), renew })
}

impl Request {
    /// "Get a repository installation for the authenticated app", or an organization's.
    pub fn installation(scope: Scope, repository: &Repository) -> Self {
        let path = match scope {
            Scope::Repository => format!("/repos/{repository}/installation"),
            Scope::Organization => format!("/orgs/{}/installation", repository.owner()),
        };
        Self::get(path, Whose::App)
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
            Whose::App,
        )
    }

    /// "Get the authenticated app".
    pub fn app() -> Self {
        Self::get("/app".to_owned(), Whose::App)
    }

    /// "Create a GitHub App from a manifest". It goes without a credential: the code is one.
    pub fn convert_manifest(code: &str) -> Result<Self, String> {
        let plain = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !plain || !(1..=128).contains(&code.len()) {
            return Err("what GitHub sent the browser back with is no code".to_owned());
        }
        Ok(Self::post(format!("/app-manifests/{code}/conversions"), None, Whose::Nobody))
    }

    /// "List installations for the authenticated app".
    pub fn installations(page: u32) -> Self {
        Self::get(format!("/app/installations?per_page=100&page={page}"), Whose::App)
    }

    /// "List repositories accessible to the app installation".
    pub fn installation_repositories(installation: InstallationId, page: u32) -> Self {
        let path = format!("/installation/repositories?per_page=100&page={page}");
        Self::get(path, Whose::Installation(installation))
    }
}

/// Reads the answer to [`Request::installation`].
pub fn read_installation(answer: &Response) -> Option<InstallationId> {
    #[derive(Deserialize)]
    struct Body {
        id: InstallationId,
    }
    let body: Option<Body> =
        if answer.status == 200 { serde_json::from_slice(&answer.body).ok() } else { None };
    body.map(|body| body.id)
}

/// Reads the answer to [`Request::installation_token`]. Tokens have no fixed form: ~520 characters since 2026-04.
pub fn read_token(answer: &Response) -> Option<Grant> {
    #[derive(Deserialize)]
    struct Body {
        token: String,
        expires_at: String,
    }
    let body: Option<Body> =
        if answer.status == 201 { serde_json::from_slice(&answer.body).ok() } else { None };
    let body = body.filter(|body| is_token(&body.token))?;
    let expires = Timestamp::parse(&body.expires_at)?;
    Some(Grant { token: Secret::new(body.token), renew: expires.before(MARGIN) })
}

/// Whether a text can stand in an `Authorization` header.
fn is_token(text: &str) -> bool {
    (1..=4096).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Reads the answer to [`Request::installations`], and whether the page is full.
pub fn read_installations(answer: Result<&Response, Fault>) -> Option<(Vec<InstallationId>, bool)> {
    #[derive(Deserialize)]
    struct Installation {
        id: InstallationId,
        #[serde(default)]
        suspended_at: Option<String>,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let all: Vec<Installation> = serde_json::from_slice(&answer.body).ok()?;
    let full = all.len() >= 100;
    Some((all.into_iter().filter(|one| one.suspended_at.is_none()).map(|one| one.id).collect(), full))
}

/// Reads the answer to [`Request::installation_repositories`], and whether the page is full.
pub fn read_repositories(answer: Result<&Response, Fault>) -> Option<(Vec<Repository>, bool)> {
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
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let body: Body = serde_json::from_slice(&answer.body).ok()?;
    let full = body.repositories.len() >= 100;
    let live = body.repositories.iter().filter(|named| !named.archived);
    Some((live.filter_map(|named| Repository::parse(&named.full_name).ok()).collect(), full))
}
