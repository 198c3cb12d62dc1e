//! What jitney registered at GitHub and what is left of it.

use super::places::places;
use super::thing::Thing;
use super::{Item, Standing, ended};
use jitney::course::desk::Desk;
use jitney::github::Request;
use jitney::github::runner::Runner;
use jitney::settings::CoursesSettings;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;

/// The most pages of runners that are read, of a hundred each.
const PAGES: u32 = 100;
const NEEDS: &str =
    "Administration: Read and write on the repository (in org scope Self-hosted runners on the organization)";

/// Removes the runners whose names are of jitney's making, wherever they may be registered. If `look`, only counts them.
pub async fn remove_registrations(desk: Desk, settings: CoursesSettings, look: bool) -> Vec<Item> {
    let mut items = Vec::new();
    for place in places(&settings) {
        items.push(ended(remove(&desk, &settings, &place, look).await));
    }
    items
}

async fn remove(
    desk: &Desk,
    settings: &CoursesSettings,
    place: &Repository,
    look: bool,
) -> Result<Item, Item> {
    let what = match settings.scope {
        Scope::Repository => format!("{place}: runners"),
        Scope::Organization => format!("{}: runners", place.owner()),
    };
    let thing = Thing::new(desk, settings, what, NEEDS);
    let mut found = Vec::new();
    let mut more = false;
    for number in 1..=PAGES {
        let listing = Request::runners(settings.scope, place, number);
        let page = thing.read(listing, Runner::page).await?;
        found.extend(page.items.iter().filter(|runner| runner.meant_for().is_some()).map(|runner| runner.id));
        more = page.full;
        if !more {
            break;
        }
    }
    if look && !found.is_empty() {
        let why = format!("{} of jitney's are registered", found.len());
        return Ok(thing.is(Standing::Wanted, why).with_cure(page(settings, place)));
    }
    let (mut removed, mut busy) = (0, 0);
    for runner in found.into_iter().rev() {
        let deletion = Request::delete_runner(settings.scope, place, runner);
        // 404: it is gone already. 422: it has a job.
        match thing.ask(deletion, &[204, 404, 422]).await?.status {
            422 => busy += 1,
            _ => removed += 1,
        }
    }
    Ok(match (removed, busy) {
        (removed, 0) if more => {
            let why = format!("{removed} are removed of the first {} that GitHub lists", PAGES * 100);
            thing.is(Standing::Failed, why).with_cure("look at the rest yourself, or run it again")
        }
        (0, 0) => thing.is(Standing::Kept, "none of jitney's is registered"),
        (removed, 0) => thing.is(Standing::Done, format!("{removed} are removed")),
        (_, busy) => {
            let why = format!("{busy} cannot be removed: they have jobs");
            let cure =
                format!("wait until their jobs are over and try again, or look at {}", page(settings, place));
            thing.is(Standing::Failed, why).with_cure(cure)
        }
    })
}

/// Where a person sees them.
fn page(settings: &CoursesSettings, place: &Repository) -> String {
    let pages = settings.api.pages();
    match settings.scope {
        Scope::Repository => format!("{pages}/{place}/settings/actions/runners"),
        Scope::Organization => format!("{pages}/organizations/{}/settings/actions/runners", place.owner()),
    }
}
