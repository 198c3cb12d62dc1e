//! What `setup` and `teardown` ask of GitHub: webhooks brought into line, pinged, removed; registrations of runners
//! removed; a GitHub App made. Each is an `async fn` over a desk, and says how every thing stands in the end.

mod hooks;
mod manifest;
mod ping;
mod places;
mod registrations;
mod remove;
pub(crate) mod thing;

pub use hooks::{Mode, hooks};
pub use manifest::{Made, Manifest, convert, read_conversion};
pub use ping::ping;
pub use places::{Target, homes, places};
pub use registrations::remove_registrations;
pub use remove::remove_hooks;

use jitney::course::desk::Desk;

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something was changed, and it is as it should be.
    Done,
    /// It was as it should be.
    Kept,
    /// It would be changed; so far it was only looked at.
    Wanted,
    /// The endpoint does not take the webhook's secret.
    Refused,
    /// It is not as it should be.
    Failed,
    /// It is left alone, for a reason.
    Skipped,
}

/// A thing, how it stands, and what to do about it; nothing if `cure` is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How it stands.
    pub standing: Standing,
    /// Which thing.
    pub what: String,
    /// What was seen or done.
    pub why: String,
    /// What to do.
    pub cure: String,
    /// Whether it cannot be done without the webhook secret being known.
    pub needs_secret: bool,
}

impl Item {
    /// An item with nothing to do about it.
    pub fn new(standing: Standing, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { standing, what: what.into(), why: why.into(), cure: String::new(), needs_secret: false }
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_cure(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }

    /// It cannot be done without the webhook secret, if `needs`.
    #[must_use]
    fn needing_secret(self, needs: bool) -> Self {
        Self { needs_secret: needs, ..self }
    }
}

/// How a thing stands that went no further at a `?`.
fn ended(way: Result<Item, Item>) -> Item {
    way.unwrap_or_else(|item| item)
}

/// Where the webhook secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is among the settings.
    Given,
    /// It stays as it is stored, where nobody can read it.
    Stored,
    /// It is to be made.
    Made,
}

/// Where the webhook secret comes from, if one is `given`, or else one is `stored`. What is stored cannot be read back,
/// so one is made anew where some webhook is to be given it; a webhook that is only mended keeps its own. Where GitHub
/// cannot be asked, there is no `target`.
pub async fn secret_origin(desk: Desk, target: Option<Target>, given: bool, stored: bool) -> Origin {
    if given {
        return Origin::Given;
    }
    let looked = match target.filter(|_| stored) {
        Some(target) => hooks(desk, target, None, Mode::Look).await,
        None => Vec::new(),
    };
    if stored && !looked.iter().any(|item| item.needs_secret) { Origin::Stored } else { Origin::Made }
}
