//! libfuzzer's door to `patterns::patterns`.
#![no_main]
#[path = "../patterns.rs"]
mod patterns;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    patterns::patterns(bytes);
});
