//! See `fuzz/targets/course.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::course(data));
