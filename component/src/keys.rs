//! A keys instance: the App's key becomes a JWT, the JWT an installation's token.

use super::{Jitney, bindings::exports::jitney::core::keys as wit, http, now};
use jitney::github::app::{self, Grant, Whose};
use jitney::github::{Fault, Request, Response};
use jitney::settings::KeysSettings;
use wasi::cli::environment::get_environment;

impl wit::Guest for Jitney {
    fn grant(whose: String) -> Result<wit::Credential, wit::Refusal> {
        let answer = grant(&whose).map_err(|refused| match refused {
            Ok(answer) => wit::Refusal { status: answer.status, retry_after: answer.retry_after },
            Err(_) => wit::Refusal { status: 0, retry_after: None },
        })?;
        Ok(wit::Credential { token: answer.token.expose().to_owned(), renew: answer.renew.0 })
    }
}

type Refused = Result<Response, Fault>;

/// What GitHub would say to a credential that is none.
fn unauthorized() -> Response {
    Response { status: 401, ..Response::default() }
}

/// An answer that was to hold something and does not. A good status with nothing in it is as good as none.
fn refused(answer: Response) -> Refused {
    if (200..300).contains(&answer.status) { Err(Fault::Broken) } else { Ok(answer) }
}

pub(super) fn grant(whose: &str) -> Result<Grant, Refused> {
    let settings = KeysSettings::read(&get_environment()).settings.ok_or_else(|| Ok(unauthorized()))?;
    let whose = Whose::read(whose).ok_or_else(|| Ok(unauthorized()))?;
    let jwt = app::jwt(&settings.app, &settings.key, now(), wasi::random::random::get_random_u64())
        .ok_or_else(|| Ok(unauthorized()))?;
    let ask = |request: Request| -> Result<Response, Refused> {
        let request = Request { credential: Some(jwt.token.clone()), ..request };
        http::send(&settings.api, &request).map_err(Err)
    };
    let (installation, repository) = match whose {
        Whose::App => return Ok(jwt),
        Whose::Installation(id) => (id, None),
        Whose::Repository(repository, Some(id)) => (id, Some(repository)),
        Whose::Repository(repository, None) => {
            let answer = ask(Request::installation(settings.scope, &repository))?;
            (app::read_installation(&answer).ok_or_else(|| refused(answer))?, Some(repository))
        }
    };
    let answer = ask(Request::installation_token(settings.scope, installation, repository.as_ref()))?;
    app::read_token(&answer).ok_or_else(|| refused(answer))
}
