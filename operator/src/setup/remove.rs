//! Webhooks removed, and the page of an App, which only a person can remove.

use super::hooks::find;
use super::places::{homes, uncovered};
use super::thing::{Thing, webhook_needs};
use super::{Item, Standing, Target, ended};
use jitney::course::desk::Desk;
use jitney::github::app::App;
use jitney::github::hook::{Hook, HookHome};
use jitney::github::{Answer, Request};
use jitney::words::printable::Shown;

/// Removes every webhook that leads to the target. If `look`, only says what is there.
pub async fn remove_hooks(desk: Desk, target: Target, look: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for home in homes(&target.settings) {
        items.push(ended(match &home {
            HookHome::App => say_where_app_is(&desk, &target).await,
            home => remove(&desk, &target, home, look).await,
        }));
    }
    items.extend(uncovered(&target.settings));
    items
}

/// Those of a repository or an organization.
async fn remove(desk: &Desk, target: &Target, home: &HookHome, look: bool) -> Result<Item, Item> {
    let thing = Thing::webhook(desk, &target.settings, home);
    let found = find(&thing, target, home).await?;
    if found.is_empty() {
        return Ok(thing.is(Standing::Kept, "there is none"));
    }
    let places = found.iter().map(|hook| Shown(&hook.config.url).to_string()).collect::<Vec<_>>().join(", ");
    // Another installation's webhook looks the same.
    if target.is_guessed() {
        let why = format!("leads to {places}, and whether that is this installation is not known");
        let cure = "if it is, name it with --url and run teardown again";
        return Ok(thing.is(Standing::Failed, why).with_cure(cure));
    }
    if look {
        let page = format!("{}/{}", target.settings.api.pages(), hooks_page(home));
        return Ok(thing.is(Standing::Wanted, format!("is there, and leads to {places}")).with_cure(page));
    }
    for hook in found.iter().rev() {
        let hook = Hook { home: home.clone(), id: Some(hook.id) };
        thing.ask(Request::delete_hook(&hook), &[204, 404]).await?;
    }
    Ok(thing.is(Standing::Done, "is removed"))
}

fn hooks_page(home: &HookHome) -> String {
    match home {
        HookHome::Repository(repository) => format!("{repository}/settings/hooks"),
        HookHome::Organization(repository) => format!("organizations/{}/settings/hooks", repository.owner()),
        HookHome::App => "settings/apps".to_owned(),
    }
}

/// Where the App is to be deleted, which the API cannot do.
async fn say_where_app_is(desk: &Desk, target: &Target) -> Result<Item, Item> {
    let needs = webhook_needs(&HookHome::App);
    let thing = Thing::new(desk, &target.settings, "GitHub App".to_owned(), needs);
    let read = |answer: &Answer| match answer {
        Ok(response) if matches!(response.status, 401 | 404) => Some(None),
        _ => App::seen(answer).map(Some),
    };
    let Some(app) = thing.read(Request::app(), read).await? else {
        return Ok(thing.is(Standing::Kept, "there is none of this id and key"));
    };
    let segment = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if app.slug.is_empty() || !segment(&app.slug) || !segment(&app.owner.login) {
        return Err(thing.is(Standing::Failed, "GitHub's answer names no App"));
    }
    let whose = match app.owner.kind.as_str() {
        "Organization" => format!("organizations/{}/", app.owner.login),
        _ => String::new(),
    };
    let page = format!("{}/{whose}settings/apps/{}/advanced", target.settings.api.pages(), app.slug);
    let item = thing.is(Standing::Skipped, "is there still: GitHub's API cannot delete an App");
    Ok(item.with_cure(format!("delete it at {page}")))
}
