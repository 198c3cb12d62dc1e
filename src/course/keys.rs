//! How a GitHub App's credentials are got: the one way, for courses and for what an operator asks alike.

use super::desk::{Desk, Play};
use crate::github::app::{self, Credential};
use crate::github::{Answer, CredentialScope, Fault, Refusal, Request, Response, refusal};
use crate::settings::{KeysSettings, SignIn};
use crate::words::ids::InstallationId;
use crate::words::repository::Repository;
use crate::words::scope::Scope;
use crate::words::time::Timestamp;

/// What GitHub said instead of a credential.
pub type Refused = Answer;

/// The way to a credential for `wanted`. It asks GitHub at most twice, and tells the host nothing. `nonce` makes the JWT
/// like no other.
pub fn credential(
    settings: &KeysSettings,
    wanted: CredentialScope,
    now: Timestamp,
    nonce: u64,
) -> Result<Play<Result<Credential, Refused>>, Refused> {
    let jwt = app::jwt(&settings.app, &settings.key, now, nonce).ok_or_else(|| Ok(unauthorized()))?;
    let scope = settings.scope;
    let signed = SignIn::Token(jwt.token.clone());
    Ok(Play::new(signed, None, move |desk| async move {
        match wanted {
            CredentialScope::App => Ok(jwt),
            CredentialScope::Nobody => Err(Ok(unauthorized())),
            CredentialScope::Installation(id) => token(&desk, scope, id, None).await,
            CredentialScope::Repository(repository, Some(id)) => {
                token(&desk, scope, id, Some(&repository)).await
            }
            CredentialScope::Repository(repository, None) => {
                let id = installation(&desk, scope, &repository).await?;
                token(&desk, scope, id, Some(&repository)).await
            }
        }
    }))
}

async fn installation(desk: &Desk, scope: Scope, repository: &Repository) -> Result<InstallationId, Refused> {
    let answer = desk.ask(Request::installation(scope, repository)).await;
    app::read_installation(&answer).ok_or_else(|| answer.and_then(refused))
}

async fn token(
    desk: &Desk,
    scope: Scope,
    installation: InstallationId,
    repository: Option<&Repository>,
) -> Result<Credential, Refused> {
    let request = Request::installation_token(scope, installation, repository);
    let answer = desk.ask(request).await;
    app::read_token(&answer).ok_or_else(|| answer.and_then(refused))
}

/// For how many seconds GitHub wants to be left alone, where it refuses for the sake of a limit. That may stand in headers
/// or in the body, of which a course sees nothing.
pub fn retry_after(refused: &Response, now: Timestamp) -> Option<u64> {
    match refusal(&Ok(refused.clone()), now) {
        Refusal::Limited(wait, _) => Some(wait.div_ceil(1000)),
        _ => refused.retry_after,
    }
}

/// What GitHub would say to a credential that is none.
pub fn unauthorized() -> Response {
    Response { status: 401, ..Response::default() }
}

/// A response that was to hold something and does not. A good status with nothing in it is as good as none.
fn refused(response: Response) -> Refused {
    if (200..300).contains(&response.status) { Err(Fault::Broken) } else { Ok(response) }
}
