//! Webhooks brought into line.

use super::places::{homes, uncovered};
use super::thing::Thing;
use super::{Item, Standing, Target, ended};
use jitney::course::desk::Desk;
use jitney::github::Request;
use jitney::github::hook::{Hook, HookConfig, HookHome, ListedHook};
use jitney::words::secret::Secret;

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

fn faults(hook: &ListedHook) -> Vec<&'static str> {
    let faults = [
        (!hook.active, "it was switched off"),
        (!hook.sends_jobs(), "it did not send workflow jobs"),
        (hook.config.content_type != "json", "it did not send JSON"),
        (hook.config.secret.is_none(), "it had no secret"),
    ];
    faults.into_iter().filter_map(|(is, fault)| is.then_some(fault)).collect()
}

/// The webhooks of `home` that are meant.
pub(super) async fn find(
    thing: &Thing<'_>,
    target: &Target,
    home: &HookHome,
) -> Result<Vec<ListedHook>, Item> {
    let listed = thing.read(Request::hooks(home), ListedHook::all).await?;
    Ok(listed.into_iter().filter(|hook| target.is(&hook.config.url)).collect())
}

/// Brings every webhook into line, or makes it. `secret` is what it shall sign with, where that is known here.
pub async fn hooks(desk: Desk, target: Target, secret: Option<Secret>, mode: Mode) -> Vec<Item> {
    let mut items = Vec::new();
    for home in homes(&target.settings) {
        let thing = Thing::webhook(&desk, &target.settings, &home);
        items.push(ended(match &home {
            HookHome::App => align_app(&thing, &target, secret.as_ref(), mode).await,
            home => align(&thing, &target, home, secret.as_ref(), mode).await,
        }));
    }
    items.extend(uncovered(&target.settings));
    items
}

/// The webhook of a repository or an organization.
async fn align(
    thing: &Thing<'_>,
    target: &Target,
    home: &HookHome,
    secret: Option<&Secret>,
    mode: Mode,
) -> Result<Item, Item> {
    let unknown_secret = || {
        let cure = "set WEBHOOK_SECRET, or let the step `secret` make a new one";
        thing.is(Standing::Failed, "its secret is not known here").with_cure(cure)
    };
    let found = find(thing, target, home).await?;
    let Some(found) = found.first() else {
        if mode == Mode::Look {
            return Ok(thing.is(Standing::Wanted, "would be made").needing_secret(true));
        }
        let url = target.url.as_deref();
        let url = url.ok_or_else(|| thing.is(Standing::Failed, "the endpoint's URL is not known"))?;
        let secret = secret.ok_or_else(unknown_secret)?;
        thing.ask(Request::create_hook(home, url, secret), &[201]).await?;
        return Ok(thing.is(Standing::Done, "is made"));
    };
    let faults = faults(found);
    let has_secret = found.config.secret.is_some();
    let mut why = faults.join(", ");
    match (mode, faults.is_empty()) {
        (Mode::Look | Mode::Mend, true) => {
            return Ok(thing.is(Standing::Kept, "is there, is active, and sends workflow jobs"));
        }
        (Mode::Look, false) => {
            let item = thing.is(Standing::Wanted, format!("needs a fix: {why}"));
            return Ok(item.needing_secret(!has_secret));
        }
        (Mode::Mend, false) => {}
        (Mode::Renew, true) => "it has the new secret".clone_into(&mut why),
        (Mode::Renew, false) => why.push_str(", and it has the new secret"),
    }
    if secret.is_none() && (mode == Mode::Renew || !has_secret) {
        return Err(unknown_secret());
    }
    let hook = Hook { home: home.clone(), id: Some(found.id) };
    thing.ask(Request::configure_hook(&hook, None, secret), &[200]).await?;
    thing.ask(Request::switch_hook(&hook), &[200]).await?;
    Ok(thing.is(Standing::Done, format!("fixed: {why}")))
}

/// The App's one webhook. Its events and whether it is active are on the App's page alone.
async fn align_app(
    thing: &Thing<'_>,
    target: &Target,
    secret: Option<&Secret>,
    mode: Mode,
) -> Result<Item, Item> {
    let hook = Hook { home: HookHome::App, id: None };
    let now = thing.read(Request::hook_config(&hook), HookConfig::seen).await?;
    let fits = target.is(&now.url) && now.content_type == "json" && now.secret.is_some();
    match mode {
        Mode::Look | Mode::Mend if fits => {
            Ok(thing.is(Standing::Kept, "leads to the endpoint, and has a secret"))
        }
        Mode::Look => {
            let item = thing.is(Standing::Wanted, "would be led to the endpoint");
            Ok(item.needing_secret(now.secret.is_none()))
        }
        _ if secret.is_none() && now.secret.is_none() => {
            Err(thing.is(Standing::Failed, "its secret is not known here"))
        }
        Mode::Mend | Mode::Renew => {
            thing
                .read(Request::configure_hook(&hook, target.url.as_deref(), secret), HookConfig::seen)
                .await?;
            Ok(thing.is(Standing::Done, "leads to the endpoint"))
        }
    }
}
