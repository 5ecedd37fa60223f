//! libfuzzer's door to `bodies::statement`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::statement(bytes);
});
