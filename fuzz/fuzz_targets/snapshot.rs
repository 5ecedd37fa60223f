//! libfuzzer's door to `bodies::snapshot`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::snapshot(bytes);
});
