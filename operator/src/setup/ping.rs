//! Webhooks pinged, and whether each ping came back signed: the endpoint answers 200 to none other.

use super::hooks::find;
use super::places::homes;
use super::thing::Thing;
use super::{Item, Standing, Target, ended};
use jitney::course::desk::Desk;
use jitney::github::delivery::{Attempt, Went};
use jitney::github::hook::{Hook, HookHome};
use jitney::github::{Answer, Request};
use jitney::words::ids::DeliveryId;
use jitney::words::printable::Shown;

/// Milliseconds between two looks.
const AGAIN_AFTER: u64 = 500;
/// How many looks there are.
const PATIENT: u32 = 40;
/// How many there are once GitHub was late with another webhook: it is late with all of them.
const HASTY: u32 = 4;

/// Pings every webhook that leads to the target.
pub async fn ping(desk: Desk, target: Target) -> Vec<Item> {
    let mut items = Vec::new();
    let mut looks = PATIENT;
    for home in homes(&target.settings) {
        let item = ended(one(&desk, &target, &home, looks).await);
        looks = if item.standing == Standing::Failed { HASTY } else { looks };
        items.push(item);
    }
    items
}

/// Pings one webhook and waits until GitHub shows what became of it. An App's webhook cannot be pinged: the ping that
/// GitHub sent when the App was made is delivered again.
async fn one(desk: &Desk, target: &Target, home: &HookHome, looks: u32) -> Result<Item, Item> {
    let thing = Thing::ping(desk, &target.settings, home);
    let id = if *home == HookHome::App {
        None
    } else {
        let found = find(&thing, target, home).await?;
        let none = || {
            let item = thing.is(Standing::Failed, "there is no webhook to ping");
            item.with_cure("do not skip the step `webhooks`")
        };
        Some(found.first().ok_or_else(none)?.id)
    };
    let hook = Hook { home: home.clone(), id };
    let before = thing.read(Request::deliveries(&hook, Went::Anyhow, None), pings).await?;
    let request = match (home, before.first()) {
        (HookHome::App, None) => {
            let why = "GitHub shows no ping of the App's that could be delivered again";
            let cure = "the first job will tell; GitHub shows deliveries on the App's page, under Advanced";
            return Err(thing.is(Standing::Skipped, why).with_cure(cure));
        }
        (HookHome::App, Some(newest)) => Request::redeliver(&hook, newest.id),
        _ => Request::ping_hook(&hook),
    };
    thing.ask(request, &[202, 204]).await?;
    let seen: Vec<DeliveryId> = before.iter().map(|ping| ping.id).collect();
    for _ in 0..looks {
        // A pause that the host does not grant is a look sooner.
        let _ = desk.pause(AGAIN_AFTER).await;
        let pings = thing.read(Request::deliveries(&hook, Went::Anyhow, None), pings).await?;
        if let Some(new) = pings.iter().find(|ping| !seen.contains(&ping.id)) {
            return Ok(judge(&thing, new));
        }
    }
    let cure = "https://www.githubstatus.com says whether webhooks are late; then try again";
    Err(thing.is(Standing::Failed, "GitHub has not delivered its ping").with_cure(cure))
}

/// The attempts to deliver a ping, the newest first.
fn pings(answer: &Answer) -> Option<Vec<Attempt>> {
    let mut all = Attempt::all(answer)?;
    all.retain(|attempt| attempt.event == "ping");
    Some(all)
}

fn judge(thing: &Thing<'_>, ping: &Attempt) -> Item {
    match ping.status {
        200..=299 => thing.is(Standing::Done, "came back, signed with the endpoint's secret"),
        401 => thing
            .is(Standing::Refused, "is answer 401: GitHub signs with another secret than the endpoint knows")
            .with_cure("give both the same WEBHOOK_SECRET"),
        503 => thing
            .is(Standing::Failed, "is answer 503: the endpoint's settings are at fault")
            .with_cure("open the endpoint's URL: it names the setting"),
        code => thing
            .is(Standing::Failed, format!("was not delivered: {} ({code})", Shown(&ping.word)))
            .with_cure("is the URL jitney's, and can GitHub reach it?"),
    }
}
