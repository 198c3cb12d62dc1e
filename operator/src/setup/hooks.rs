//! One webhook brought into line.

use super::{Next, State, Step, Target, Task, hook_permission, name, refused};
use jitney::github::{EVENTS, Fault, Hook, HookHome, Request, Response};
use jitney::words::ids::HookId;
use jitney::words::secret::Secret;
use serde::Deserialize;

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: say what would be.
    Look,
    /// What is amiss is mended.
    Mend,
    /// And the secret is given anew.
    Renew,
}

/// A webhook, as GitHub lists it.
#[derive(Deserialize)]
struct Listed {
    id: HookId,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    config: Configured,
}

#[derive(Default, Deserialize)]
struct Configured {
    #[serde(default)]
    url: String,
    #[serde(default)]
    content_type: String,
    /// Never the secret itself.
    #[serde(default)]
    secret: Option<String>,
}

fn read(answer: Result<&Response, Fault>) -> Option<Vec<Listed>> {
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}

/// The webhooks of a listing that are meant.
pub(super) fn find(target: &Target<'_>, answer: Result<&Response, Fault>) -> Option<Vec<HookId>> {
    let listed = read(answer)?;
    Some(listed.into_iter().filter(|hook| target.is(&hook.config.url)).map(|hook| hook.id).collect())
}

/// Where the webhooks of a listing that are meant lead.
pub(super) fn led_to(target: &Target<'_>, answer: Result<&Response, Fault>) -> Vec<String> {
    let listed = read(answer).unwrap_or_default();
    listed.into_iter().map(|hook| hook.config.url).filter(|url| target.is(url)).collect()
}

impl Listed {
    fn faults(&self) -> Vec<&'static str> {
        let sends = self.events.iter().any(|event| event == EVENTS[0] || event == "*");
        let faults = [
            (!self.active, "it was switched off"),
            (!sends, "it did not send workflow jobs"),
            (self.config.content_type != "json", "it did not send JSON"),
            (self.config.secret.is_none(), "it had no secret"),
        ];
        faults.into_iter().filter_map(|(is, fault)| is.then_some(fault)).collect()
    }
}

#[derive(Clone, Debug)]
enum Stage {
    List,
    Listed,
    Created,
    Configured(Hook, String),
    Switched(String),
}

/// Brings the webhook of a repository or an organization into line, or makes it.
#[derive(Clone, Debug)]
pub struct Align<'a> {
    target: Target<'a>,
    home: HookHome,
    secret: Option<Secret>,
    mode: Mode,
    stage: Stage,
}

impl<'a> Align<'a> {
    /// `secret` is what the webhook shall sign with, where that is known here.
    pub fn new(target: Target<'a>, home: HookHome, secret: Option<Secret>, mode: Mode) -> Self {
        Self { target, home, secret, mode, stage: Stage::List }
    }

    fn over(&self, state: State, why: impl Into<String>) -> Next {
        Next::Over(Step::new(state, name(&self.home), why))
    }

    fn wanted(&self, why: impl Into<String>, needs_secret: bool) -> Next {
        Next::Over(Step { needs_secret, ..Step::new(State::Wanted, name(&self.home), why) })
    }

    fn unknown_secret(&self) -> Next {
        let step = Step::new(State::Failed, name(&self.home), "its secret is not known here");
        Next::Over(step.with_cure("set WEBHOOK_SECRET, or let the step `secret` make a new one"))
    }

    fn refused(&self, answer: Result<&Response, Fault>) -> Next {
        refused(self.target.settings, &name(&self.home), hook_permission(&self.home), answer)
    }

    fn decide(&mut self, listed: &[Listed]) -> Next {
        let Some(found) = listed.iter().find(|hook| self.target.is(&hook.config.url)) else {
            return self.create();
        };
        let faults = found.faults();
        let hook = Hook { home: self.home.clone(), id: Some(found.id) };
        let mut why = faults.join(", ");
        match (self.mode, faults.is_empty()) {
            (Mode::Look | Mode::Mend, true) => {
                return self.over(State::Kept, "is there, is active, and sends workflow jobs");
            }
            (Mode::Look, false) => {
                return self.wanted(format!("would be mended: {why}"), found.config.secret.is_none());
            }
            (Mode::Mend, false) => {}
            (Mode::Renew, true) => "it has the new secret".clone_into(&mut why),
            (Mode::Renew, false) => why.push_str(", and it has the new secret"),
        }
        if self.secret.is_none() && (self.mode == Mode::Renew || found.config.secret.is_none()) {
            return self.unknown_secret();
        }
        let request = Request::configure_hook(&hook, None, self.secret.as_ref());
        self.stage = Stage::Configured(hook, why);
        Next::Ask(request)
    }

    fn create(&mut self) -> Next {
        if self.mode == Mode::Look {
            return self.wanted("would be made", true);
        }
        let Some(url) = self.target.url else {
            return self.over(State::Failed, "the endpoint's URL is not known");
        };
        let Some(secret) = &self.secret else { return self.unknown_secret() };
        self.stage = Stage::Created;
        Next::Ask(Request::create_hook(&self.home, url, secret))
    }
}

impl Task for Align<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        let Some(answer) = answer else {
            self.stage = Stage::Listed;
            return Next::Ask(Request::hooks(&self.home));
        };
        let good = |status: u16| answer.is_ok_and(|answer| answer.status == status);
        match &self.stage {
            Stage::List | Stage::Listed => match read(answer) {
                Some(listed) => self.decide(&listed),
                None => self.refused(answer),
            },
            Stage::Created if good(201) => self.over(State::Done, "is made"),
            Stage::Configured(hook, why) if good(200) => {
                let request = Request::switch_hook(hook);
                self.stage = Stage::Switched(why.clone());
                Next::Ask(request)
            }
            Stage::Switched(why) if good(200) => self.over(State::Done, format!("is mended: {why}")),
            _ => self.refused(answer),
        }
    }
}

/// Brings the App's one webhook into line. Its events and whether it is active are on the App's page alone.
#[derive(Clone, Debug)]
pub struct AlignApp<'a> {
    target: Target<'a>,
    secret: Option<Secret>,
    mode: Mode,
    configured: bool,
}

impl<'a> AlignApp<'a> {
    /// As [`Align::new`].
    pub fn new(target: Target<'a>, secret: Option<Secret>, mode: Mode) -> Self {
        Self { target, secret, mode, configured: false }
    }
}

impl Task for AlignApp<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        let hook = Hook { home: HookHome::App, id: None };
        let over = |state, why: &str| Next::Over(Step::new(state, name(&HookHome::App), why));
        let Some(answer) = answer else { return Next::Ask(Request::hook_config(&hook)) };
        let body = answer.ok().filter(|answer| answer.status == 200);
        let Some(now) = body.and_then(|body| serde_json::from_slice::<Configured>(&body.body).ok()) else {
            return refused(
                self.target.settings,
                &name(&HookHome::App),
                hook_permission(&HookHome::App),
                answer,
            );
        };
        if self.configured {
            return over(State::Done, "leads to the endpoint");
        }
        let fits = self.target.is(&now.url) && now.content_type == "json" && now.secret.is_some();
        match self.mode {
            Mode::Look | Mode::Mend if fits => over(State::Kept, "leads to the endpoint, and has a secret"),
            Mode::Look => {
                let step = Step::new(State::Wanted, name(&HookHome::App), "would be led to the endpoint");
                Next::Over(Step { needs_secret: now.secret.is_none(), ..step })
            }
            _ if self.secret.is_none() && now.secret.is_none() => {
                over(State::Failed, "its secret is not known here")
            }
            _ => {
                self.configured = true;
                Next::Ask(Request::configure_hook(&hook, self.target.url, self.secret.as_ref()))
            }
        }
    }
}
