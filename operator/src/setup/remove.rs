//! Webhooks removed, and the page of an App, which only a person can remove.

use super::hooks::{find, led_to};
use super::{Next, State, Step, Target, Task, hook_permission, name, refused};
use jitney::github::{Fault, Hook, HookHome, Request, Response};
use jitney::words::ids::HookId;
use jitney::words::printable::Shown;
use serde::Deserialize;

/// Removes every webhook of a repository or an organization that leads to the endpoint.
#[derive(Clone, Debug)]
pub struct Remove<'a> {
    target: Target<'a>,
    home: HookHome,
    look: bool,
    left: Option<Vec<HookId>>,
    removed: usize,
}

impl<'a> Remove<'a> {
    /// If `look`, only says what is there.
    pub fn new(target: Target<'a>, home: HookHome, look: bool) -> Self {
        Self { target, home, look, left: None, removed: 0 }
    }

    fn delete(&mut self) -> Next {
        match self.left.as_mut().and_then(Vec::pop) {
            Some(id) => Next::Ask(Request::delete_hook(&Hook { home: self.home.clone(), id: Some(id) })),
            None if self.removed > 0 => Next::Over(Step::new(State::Done, name(&self.home), "is removed")),
            None => Next::Over(Step::new(State::Kept, name(&self.home), "there is none")),
        }
    }
}

impl Task for Remove<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        let Some(answer) = answer else { return Next::Ask(Request::hooks(&self.home)) };
        if self.left.is_some() {
            if answer.is_ok_and(|answer| matches!(answer.status, 204 | 404)) {
                self.removed += 1;
                return self.delete();
            }
        } else if let Some(found) = find(&self.target, answer) {
            let places = led_to(&self.target, answer);
            let places = places.iter().map(|url| Shown(url).to_string()).collect::<Vec<_>>().join(", ");
            // Another installation's webhook looks the same.
            if self.target.is_guessed() && !found.is_empty() {
                let why = format!("leads to {places}, and whether that is this installation is not known");
                let cure = "if it is, name it with --url and run teardown again";
                return Next::Over(Step::new(State::Failed, name(&self.home), why).with_cure(cure));
            }
            if self.look && !found.is_empty() {
                let page = format!("{}/{}", self.target.settings.api.pages(), hooks_page(&self.home));
                let step =
                    Step::new(State::Wanted, name(&self.home), format!("is there, and leads to {places}"));
                return Next::Over(step.with_cure(page));
            }
            self.left = Some(found);
            return self.delete();
        }
        refused(self.target.settings, &name(&self.home), hook_permission(&self.home), answer)
    }
}

fn hooks_page(home: &HookHome) -> String {
    match home {
        HookHome::Repository(repository) => format!("{repository}/settings/hooks"),
        HookHome::Organization(repository) => format!("organizations/{}/settings/hooks", repository.owner()),
        HookHome::App => "settings/apps".to_owned(),
    }
}

/// Says where the App is to be deleted, which the API cannot do.
#[derive(Clone, Debug)]
pub struct RemoveApp<'a>(pub Target<'a>);

impl Task for RemoveApp<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        #[derive(Deserialize)]
        struct App {
            slug: String,
            owner: Owner,
        }
        #[derive(Deserialize)]
        struct Owner {
            login: String,
            #[serde(rename = "type", default)]
            kind: String,
        }
        const WHAT: &str = "GitHub App";
        let Some(answer) = answer else {
            return Next::Ask(Request::app());
        };
        if answer.is_ok_and(|answer| matches!(answer.status, 401 | 404)) {
            return Next::Over(Step::new(State::Kept, WHAT, "there is none of this id and key"));
        }
        let body = answer.ok().filter(|answer| answer.status == 200);
        let Some(app) = body.and_then(|body| serde_json::from_slice::<App>(&body.body).ok()) else {
            return refused(self.0.settings, WHAT, hook_permission(&HookHome::App), answer);
        };
        let segment = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !segment(&app.slug) || !segment(&app.owner.login) {
            return Next::Over(Step::new(State::Failed, WHAT, "GitHub's answer names no App"));
        }
        let whose = match app.owner.kind.as_str() {
            "Organization" => format!("organizations/{}/", app.owner.login),
            _ => String::new(),
        };
        let page = format!("{}/{whose}settings/apps/{}/advanced", self.0.settings.api.pages(), app.slug);
        let step = Step::new(State::Skipped, WHAT, "is there still: GitHub's API cannot delete an App");
        Next::Over(step.with_cure(format!("delete it at {page}")))
    }
}
