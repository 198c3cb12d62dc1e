//! What is explained of a job, in each state that a job can be in, from what GitHub would answer and a host would know.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test"
)]

mod coming;
mod deliveries;
mod ended;
mod subjects;
mod world;
