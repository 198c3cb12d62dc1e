//! A model of GitHub and Modal that fails at random, on a virtual clock, and plays jitney's real core: `decide`, the
//! courses, the sweep.
//!
//! [`faults`] says what can go wrong and in which kinds of world, [`promises`] what must hold all the same. A
//! [`world`] is one seed: [`hub`] is GitHub, [`cloud`] Modal, [`host`] what `host/` does in production. [`seen`],
//! [`report`], [`figures`] and [`shrink`] make something of what was played.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a model, fed by nobody but its own dice"
)]

pub mod cloud;
pub mod dice;
pub mod faults;
pub mod figures;
pub mod host;
pub mod hub;
pub mod layout;
pub mod options;
pub mod promises;
pub mod report;
pub mod seen;
pub mod shrink;
pub mod world;
