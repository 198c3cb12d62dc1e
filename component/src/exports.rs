//! Where the component's exports are made. What the two macros expand to, and `bindings.rs`, is the component's only
//! unsafe code.
#![allow(unsafe_code, unreachable_pub, clippy::pedantic, reason = "generated code")]

use super::{Jitney, bindings};

bindings::export!(Jitney with_types_in bindings);
wasi::cli::command::export!(Jitney);
