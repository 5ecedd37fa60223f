//! libfuzzer's door to `bodies::chunker`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::chunker(bytes);
});
