//! See `fuzz/targets/names.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::names(data));
