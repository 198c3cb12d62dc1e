//! Ending with an exact status. `wasi:cli/exit` has `exit-with-code` as a preview, which both the `wasmtime` CLI and
//! wasmtime-py provide; the standard library knows success and failure only.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    clippy::pedantic,
    reason = "generated code"
)]

wit_bindgen::generate!({
    inline: "
        package wasi:cli@0.2.6;
        interface exit {
            exit: func(status: result);
            @unstable(feature = cli-exit-with-code)
            exit-with-code: func(status-code: u8);
        }
        world ending { import exit; }
    ",
    world: "ending",
    features: ["cli-exit-with-code"],
});

pub(super) use self::wasi::cli::exit::exit_with_code;
