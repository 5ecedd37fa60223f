//! libfuzzer's door to `bodies::slot`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::slot(bytes);
});
