//! Where webhooks and runners are, as the settings have it.

use super::{Item, Standing};
use jitney::github::hook::HookHome;
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;

/// Which webhooks are meant: those that lead to a URL, or where none is known those that look like jitney's.
#[derive(Clone, Debug)]
pub struct Target {
    /// The settings.
    pub settings: CoursesSettings,
    /// The endpoint's URL.
    pub url: Option<String>,
}

impl Target {
    /// Whether it is not known where this installation's webhooks lead.
    pub(super) fn is_guessed(&self) -> bool {
        self.url.is_none() && self.settings.webhook_url.is_none()
    }

    pub(super) fn is(&self, url: &str) -> bool {
        match &self.url {
            Some(own) => own.trim_end_matches('/').eq_ignore_ascii_case(url.trim_end_matches('/')),
            None => self.settings.is_our_webhook(url),
        }
    }
}

/// Where the webhooks are to be: at the App, at the organizations, or at each repository that is named.
pub fn homes(settings: &CoursesSettings) -> Vec<HookHome> {
    match (&settings.credential, settings.scope) {
        (SignIn::App, _) => vec![HookHome::App],
        (_, Scope::Organization) => places(settings).into_iter().map(HookHome::Organization).collect(),
        (_, Scope::Repository) => places(settings).into_iter().map(HookHome::Repository).collect(),
    }
}

/// Where runners are registered: each repository that is named, or one of each organization.
pub fn places(settings: &CoursesSettings) -> Vec<Repository> {
    let mut places = settings.allowlist.exact();
    if settings.scope == Scope::Organization {
        places.extend(settings.allowlist.owners());
    }
    let mut once: Vec<Repository> = Vec::new();
    for place in places {
        let same = |other: &Repository| match settings.scope {
            Scope::Organization => other.owner().eq_ignore_ascii_case(place.owner()),
            Scope::Repository => *other == place,
        };
        if !once.iter().any(same) {
            once.push(place);
        }
    }
    once
}

/// What of `ALLOWED_REPOS` has no webhook that `setup` could make.
pub(super) fn uncovered(settings: &CoursesSettings) -> Vec<Item> {
    if homes(settings).is_empty() {
        let why = "ALLOWED_REPOS names no repository one by one, so there is nowhere to put it";
        let cure = "name repositories in ALLOWED_REPOS as owner/repo, or use a GitHub App (`--app`), whose webhook serves all";
        return vec![Item::new(Standing::Failed, "webhooks", why).with_cure(cure)];
    }
    if matches!(settings.credential, SignIn::App) || settings.scope == Scope::Organization {
        return Vec::new();
    }
    let owners = settings.allowlist.owners();
    let item = |owner: &Repository| {
        let page = format!("{}/organizations/{}/settings/hooks", settings.api.pages(), owner.owner());
        let why = "webhooks are made only for repositories that are named one by one";
        Item::new(Standing::Skipped, format!("{}/*: webhook", owner.owner()), why)
            .with_cure(format!("add one at {page}, or use a GitHub App"))
    };
    owners.iter().map(item).collect()
}
