//! A keys instance: the App's key becomes a JWT, the JWT an installation's token.

use super::play::{Wish, play};
use super::{Jitney, bindings::exports::jitney::core::keys as wit, now};
use jitney::course::desk::Next;
use jitney::course::keys::{self, Refused, unauthorized};
use jitney::course::{Event, Report, Step};
use jitney::github::Whose;
use jitney::github::app::Grant;
use jitney::house::House;
use jitney::settings::KeysSettings;
use std::ops::ControlFlow;
use wasi::cli::environment::get_environment;

impl wit::Guest for Jitney {
    fn grant(whose: String) -> Result<wit::Credential, wit::Refusal> {
        let grant = Whose::read(&whose).ok_or_else(|| Ok(unauthorized())).and_then(grant);
        let grant = grant.map_err(|refused| match refused {
            Ok(response) => {
                wit::Refusal { status: response.status, retry_after: keys::retry_after(&response, now()) }
            }
            Err(_) => wit::Refusal { status: 0, retry_after: None },
        })?;
        Ok(wit::Credential { token: grant.token.expose().to_owned(), renew: grant.renew.0 })
    }
}

pub(super) fn grant(whose: Whose) -> Result<Grant, Refused> {
    let settings = KeysSettings::read(&get_environment()).settings.ok_or_else(|| Ok(unauthorized()))?;
    let nonce = wasi::random::random::get_random_u64();
    let mut way = keys::grant(&settings, whose, now(), nonce)?;
    play(&settings.api, &mut House::default(), Event::Report(Report::Opened), |event, now| {
        match way.next(event, now) {
            Some(Next::Step(Step::Ask(request))) => ControlFlow::Continue(Wish::Ask(request)),
            Some(Next::Step(Step::Consult(question))) => ControlFlow::Continue(Wish::Consult(question)),
            Some(Next::Over(over)) => ControlFlow::Break(over),
            Some(Next::Step(Step::Tell(_))) | None => ControlFlow::Break(Err(Ok(unauthorized()))),
        }
    })
}
