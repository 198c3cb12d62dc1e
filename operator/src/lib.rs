//! What an operator asks, and what becomes of the answers. Sans-IO like the core, on which it stands.

pub mod doctor;
pub mod explain;
pub mod inside;
pub mod releases;
pub mod replay;
pub mod setup;
pub mod status;
pub mod trial;
