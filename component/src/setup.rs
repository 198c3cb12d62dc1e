//! `setup` and `teardown`: tasks played out one after another, in an instance that is told all settings.

use super::{Jitney, bindings::exports::jitney::core::setup as wit, doctor::ask, http};
use jitney::github::{Fault, HookHome, Response};
use jitney::settings::{ApiBase, CoursesSettings};
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney_operator::setup::{
    Align, AlignApp, HASTY, Manifest, Mode, Next, PATIENT, Ping, Registrations, Remove, RemoveApp, State,
    Step, Target, Task, homes, places, read_conversion, uncovered, wants_secret,
};
use wasi::cli::environment::get_environment;
use wasi::clocks::monotonic_clock::subscribe_duration;

fn carry(step: Step) -> wit::Step {
    let state = match step.state {
        State::Done => wit::State::Done,
        State::Kept => wit::State::Kept,
        State::Wanted => wit::State::Wanted,
        State::Refused => wit::State::Refused,
        State::Failed => wit::State::Failed,
        State::Skipped => wit::State::Skipped,
    };
    wit::Step { state, what: step.what, why: step.why, cure: step.cure }
}

fn play(settings: &CoursesSettings, mut task: impl Task) -> Step {
    let mut answer: Option<Result<Response, Fault>> = None;
    loop {
        match task.next(answer.as_ref().map(|answer| answer.as_ref().map_err(|fault| *fault))) {
            Next::Ask(request) => answer = Some(ask(settings, request)),
            Next::Pause(wait) => {
                subscribe_duration(wait.saturating_mul(1_000_000)).block();
                answer = None;
            }
            Next::Over(step) => return step,
        }
    }
}

/// Plays what `each` makes of the settings and the URL; where the settings are at fault, says so.
fn with<F>(url: &str, each: F) -> Vec<Step>
where
    F: for<'a> Fn(&'a CoursesSettings, &Target<'a>) -> Vec<Step>,
{
    let Some(settings) = CoursesSettings::read(&get_environment()).settings else {
        let step = Step::new(State::Failed, "settings", "are at fault");
        return vec![step.with_cure("`./build.sh doctor` names each fault")];
    };
    let target = Target { settings: &settings, url: Some(url).filter(|url| !url.is_empty()) };
    each(&settings, &target)
}

fn secret() -> Option<Secret> {
    let (_, secret) = get_environment().into_iter().find(|(name, _)| name == "WEBHOOK_SECRET")?;
    Some(secret).filter(|secret| !secret.trim().is_empty()).map(Secret::new)
}

fn align(url: &str, mode: Mode) -> Vec<Step> {
    with(url, |settings, target| {
        let one = |home| match home {
            HookHome::App => play(settings, AlignApp::new(target.clone(), secret(), mode)),
            home => play(settings, Align::new(target.clone(), home, secret(), mode)),
        };
        homes(settings).into_iter().map(one).chain(uncovered(settings)).collect()
    })
}

fn all(steps: Vec<Step>) -> Vec<wit::Step> {
    steps.into_iter().map(carry).collect()
}

fn scope() -> Scope {
    let org = get_environment().iter().any(|(name, value)| name == "RUNNER_SCOPE" && value.trim() == "org");
    if org { Scope::Organization } else { Scope::Repository }
}

impl wit::Guest for Jitney {
    fn secret_origin(stored: bool, url: String) -> wit::Origin {
        if secret().is_some() {
            wit::Origin::Given
        } else if stored && !wants_secret(&align(&url, Mode::Look)) {
            wit::Origin::Stored
        } else {
            wit::Origin::Made
        }
    }

    fn hooks(url: String, mode: wit::Mode) -> Vec<wit::Step> {
        all(align(
            &url,
            match mode {
                wit::Mode::Look => Mode::Look,
                wit::Mode::Mend => Mode::Mend,
                wit::Mode::Renew => Mode::Renew,
            },
        ))
    }

    fn ping(url: String) -> Vec<wit::Step> {
        all(with(&url, |settings, target| {
            let mut looks = PATIENT;
            let one = |home| {
                let step = play(settings, Ping::new(target.clone(), home, looks));
                looks = if step.state == State::Failed { HASTY } else { looks };
                step
            };
            homes(settings).into_iter().map(one).collect()
        }))
    }

    fn remove_hooks(url: String, look: bool) -> Vec<wit::Step> {
        all(with(&url, |settings, target| {
            let one = |home| match home {
                HookHome::App => play(settings, RemoveApp(target.clone())),
                home => play(settings, Remove::new(target.clone(), home, look)),
            };
            homes(settings).into_iter().map(one).chain(uncovered(settings)).collect()
        }))
    }

    fn remove_registrations(look: bool) -> Vec<wit::Step> {
        all(with("", |settings, _| {
            let one = |place| play(settings, Registrations::new(settings, place, look));
            places(settings).into_iter().map(one).collect()
        }))
    }

    fn manifest(owner: String, url: String, redirect: String) -> Result<wit::Form, String> {
        let api = ApiBase::of(&get_environment()).ok_or("the settings about GitHub's place are at fault")?;
        let Manifest { manifest, action } = Manifest::new(&api, scope(), Some(&owner), &url, &redirect)?;
        Ok(wit::Form { manifest, action })
    }

    fn convert(code: String) -> Result<wit::App, String> {
        let api = ApiBase::of(&get_environment()).ok_or("the settings about GitHub's place are at fault")?;
        let answer = http::send(&api, &jitney::github::Request::convert_manifest(&code)?);
        let made = read_conversion(&api, answer.as_ref().map_err(|fault| *fault))?;
        Ok(wit::App {
            id: made.id,
            key: made.key.expose().to_owned(),
            webhook_secret: made.webhook_secret.expose().to_owned(),
            install: made.install,
        })
    }
}
