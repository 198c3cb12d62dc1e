//! See `fuzz/targets/operator.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::operator(data));
