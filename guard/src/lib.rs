//! The egress guard: a component that is plugged under jitney's own, so that no request leaves but to the configured
//! GitHub API, whatever the other one does. See [`rule`]; the rest carries requests through.

#![cfg_attr(target_os = "wasi", no_std)]

extern crate alloc;

pub mod rule;

/// The same text that jitney reads its settings with.
#[path = "../../src/words/api_base.rs"]
pub mod api_base;

#[cfg(target_os = "wasi")]
mod bare;
#[cfg(target_os = "wasi")]
#[rustfmt::skip]
mod bindings;
#[cfg(target_os = "wasi")]
mod component;
