//! See `fuzz/targets/keys.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::keys(data));
