//! libfuzzer's door to `bodies::entry`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::entry(bytes);
});
