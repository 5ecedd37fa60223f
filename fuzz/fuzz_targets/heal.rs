//! libfuzzer's door to `bodies::heal`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::heal(bytes);
});
