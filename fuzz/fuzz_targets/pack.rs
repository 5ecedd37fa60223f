//! libfuzzer's door to `bodies::pack`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::pack(bytes);
});
