//! libfuzzer's door to `bodies::running`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::running(bytes);
});
