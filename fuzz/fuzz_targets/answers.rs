//! See `fuzz/targets/answers.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::answers(data));
