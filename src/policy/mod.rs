//! What is admitted: a delivery, before GitHub is asked ([`delivery`]), by its repository ([`allowlist`]) and its job's
//! labels ([`labels`]); a run, once GitHub has said what started it ([`run`]).
//!
//! The operator's rules are values that come from the settings, of which nothing here knows.

pub mod allowlist;
pub mod delivery;
pub mod labels;
pub mod run;
