//! libfuzzer's door to `bodies::pieces`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::pieces(bytes);
});
