//! libfuzzer's door to `bodies::nodes`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::nodes(bytes);
});
