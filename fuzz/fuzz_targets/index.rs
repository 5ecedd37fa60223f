//! libfuzzer's door to `bodies::index`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::index(bytes);
});
