//! libfuzzer's door to `bodies::key_text`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::key_text(bytes);
});
