//! libfuzzer's door to `bodies::pack_directory`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::pack_directory(bytes);
});
