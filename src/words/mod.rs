//! The words that everything else is said in: types that text from outside is parsed into, once, at the edge.
//!
//! A value of one of these is well-formed wherever it turns up. Nothing here knows GitHub's requests, the settings or a
//! course.

pub mod action;
pub mod api_base;
pub mod duration;
pub mod ids;
pub mod label;
pub mod printable;
pub mod repository;
pub mod scope;
pub mod secret;
pub mod time;
pub mod usd;
pub mod version;
