//! libfuzzer's door to `bodies::index_tables`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::index_tables(bytes);
});
