//! libfuzzer's door to `bodies::decompress`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::decompress(bytes);
});
