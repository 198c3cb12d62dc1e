//! See `fuzz/targets/settings.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::settings(data));
