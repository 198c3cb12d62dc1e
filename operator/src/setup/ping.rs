//! A webhook pinged, and whether the ping came back signed: the endpoint answers 200 to none other.

use super::hooks::find;
use super::{Next, State, Step, Target, Task, hook_permission, name, refused};
use jitney::github::{Fault, Hook, HookHome, Pinged, Request, Response, read_pings};
use jitney::words::ids::{DeliveryId, HookId};
use jitney::words::printable::Shown;

/// Milliseconds between two looks.
const AGAIN_AFTER: u64 = 500;
/// How many looks there are.
pub const PATIENT: u32 = 40;
/// How many there are once GitHub was late with another webhook: an instance has five minutes for all.
pub const HASTY: u32 = 4;

#[derive(Clone, Debug)]
enum Stage {
    Find,
    /// Which pings there were before.
    Before(Hook),
    Pinged(Hook),
    Await(Hook),
}

/// Pings one webhook and waits until GitHub shows what became of it. An App's webhook cannot be pinged: the ping that
/// GitHub sent when the App was made is delivered again.
#[derive(Clone, Debug)]
pub struct Ping<'a> {
    target: Target<'a>,
    home: HookHome,
    stage: Stage,
    seen: Vec<DeliveryId>,
    left: u32,
}

impl<'a> Ping<'a> {
    /// Pings the webhook of `home` that leads to the target, and looks so often what became of it.
    pub fn new(target: Target<'a>, home: HookHome, looks: u32) -> Self {
        let stage = match home {
            HookHome::App => Stage::Before(Hook { home: HookHome::App, id: None }),
            _ => Stage::Find,
        };
        Self { target, home, stage, seen: Vec::new(), left: looks }
    }

    fn step(&self, state: State, why: impl Into<String>) -> Step {
        Step::new(state, format!("{}: ping", name(&self.home).trim_end_matches(": webhook")), why)
    }

    fn before(&mut self, id: HookId) -> Next {
        let hook = Hook { home: self.home.clone(), id: Some(id) };
        let request = Request::newest_deliveries(&hook);
        self.stage = Stage::Before(hook);
        Next::Ask(request)
    }

    fn ping(&mut self, hook: Hook, pings: &[Pinged]) -> Next {
        self.seen = pings.iter().map(|ping| ping.id).collect();
        let request = match (&self.home, pings.first()) {
            (HookHome::App, None) => {
                let why = "GitHub shows no ping of the App's that could be delivered again";
                let cure =
                    "the first job will tell; GitHub shows deliveries on the App's page, under Advanced";
                return Next::Over(self.step(State::Skipped, why).with_cure(cure));
            }
            (HookHome::App, Some(newest)) => Request::redeliver(&hook, newest.id),
            _ => Request::ping_hook(&hook),
        };
        self.stage = Stage::Pinged(hook);
        Next::Ask(request)
    }

    fn look(&mut self, hook: Hook, pings: &[Pinged]) -> Next {
        if let Some(new) = pings.iter().find(|ping| !self.seen.contains(&ping.id)) {
            return Next::Over(self.judge(new));
        }
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            self.stage = Stage::Await(hook);
            return Next::Pause(AGAIN_AFTER);
        }
        let step = self.step(State::Failed, "GitHub has not delivered its ping");
        Next::Over(
            step.with_cure("https://www.githubstatus.com says whether webhooks are late; then try again"),
        )
    }

    fn judge(&self, ping: &Pinged) -> Step {
        match ping.status_code {
            200..=299 => self.step(State::Done, "came back, signed with the endpoint's secret"),
            401 => self
                .step(
                    State::Refused,
                    "is answered 401: GitHub signs with another secret than the endpoint knows",
                )
                .with_cure("give both the same WEBHOOK_SECRET"),
            503 => self
                .step(State::Failed, "is answered 503: the endpoint's settings are at fault")
                .with_cure("open the endpoint's URL: it names the setting"),
            code => self
                .step(State::Failed, format!("was not delivered: {} ({code})", Shown(&ping.status)))
                .with_cure("is the URL jitney's, and can GitHub reach it?"),
        }
    }
}

impl Task for Ping<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        let stage = self.stage.clone();
        let Some(answer) = answer else {
            return Next::Ask(match &stage {
                Stage::Find => Request::hooks(&self.home),
                Stage::Before(hook) | Stage::Pinged(hook) | Stage::Await(hook) => {
                    Request::newest_deliveries(hook)
                }
            });
        };
        let pings = answer.ok().and_then(read_pings);
        match (stage, pings) {
            (Stage::Find, _) => match find(&self.target, answer).as_deref() {
                Some([id, ..]) => return self.before(*id),
                Some([]) => {
                    let step = self.step(State::Failed, "there is no webhook to ping");
                    return Next::Over(step.with_cure("do not skip the step `webhooks`"));
                }
                None => {}
            },
            (Stage::Before(hook), Some(pings)) => return self.ping(hook, &pings),
            (Stage::Await(hook), Some(pings)) => return self.look(hook, &pings),
            (Stage::Pinged(hook), _) if answer.is_ok_and(|answer| matches!(answer.status, 202 | 204)) => {
                self.stage = Stage::Await(hook);
                return Next::Pause(AGAIN_AFTER);
            }
            _ => {}
        }
        let what = self.step(State::Failed, "").what;
        refused(self.target.settings, &what, hook_permission(&self.home), answer)
    }
}
