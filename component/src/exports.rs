//! Where the component's exports are made: the two macros' expansions are the only unsafe code in the artifact.
#![allow(unsafe_code, unreachable_pub, clippy::pedantic, reason = "generated code")]

use super::{Jitney, bindings};

bindings::export!(Jitney with_types_in bindings);
wasi::cli::command::export!(Jitney);
