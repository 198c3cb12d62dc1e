//! What `wit-bindgen` makes of `wit/jitney.wit`, kept apart because no lint of ours applies to it.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "generated code"
)]

wit_bindgen::generate!({ path: "../wit", world: "jitney", pub_export_macro: true });
