//! What is admitted: a delivery, before GitHub is asked ([`delivery`]); a run, once GitHub has said what started it
//! ([`run`]).

pub mod delivery;
pub mod run;
