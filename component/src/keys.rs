//! A keys instance: the App's key becomes a JWT, the JWT an installation's token.

use super::play::{Wish, play};
use super::{Jitney, bindings::exports::jitney::core::keys as wit, now};
use jitney::course::desk::Next;
use jitney::course::keys::{self, Refused, unauthorized};
use jitney::course::{Event, Report, Step};
use jitney::github::CredentialScope;
use jitney::github::app::Credential;
use jitney::house::House;
use jitney::settings::KeysSettings;
use std::ops::ControlFlow;
use wasi::cli::environment::get_environment;

impl wit::Guest for Jitney {
    fn get(scope: String) -> Result<wit::Credential, wit::Refusal> {
        let got = CredentialScope::read(&scope).ok_or_else(|| Ok(unauthorized())).and_then(credential);
        let got = got.map_err(|refused| match refused {
            Ok(response) => {
                wit::Refusal { status: response.status, retry_after: keys::retry_after(&response, now()) }
            }
            Err(_) => wit::Refusal { status: 0, retry_after: None },
        })?;
        Ok(wit::Credential { token: got.token.expose().to_owned(), renew: got.renew.0 })
    }
}

pub(super) fn credential(scope: CredentialScope) -> Result<Credential, Refused> {
    let settings = KeysSettings::read(&get_environment()).settings.ok_or_else(|| Ok(unauthorized()))?;
    let nonce = wasi::random::random::get_random_u64();
    let mut way = keys::credential(&settings, scope, now(), nonce)?;
    play(&settings.api, &mut House::default(), Event::Report(Report::Opened), |event, now| {
        match way.next(event, now) {
            Some(Next::Step(Step::Ask(request))) => ControlFlow::Continue(Wish::Ask(request)),
            Some(Next::Step(Step::Consult(question))) => ControlFlow::Continue(Wish::Consult(question)),
            Some(Next::Over(over)) => ControlFlow::Break(over),
            Some(Next::Step(Step::Tell(_))) | None => ControlFlow::Break(Err(Ok(unauthorized()))),
        }
    })
}
