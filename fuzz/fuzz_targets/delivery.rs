//! See `fuzz/targets/delivery.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::delivery(data));
