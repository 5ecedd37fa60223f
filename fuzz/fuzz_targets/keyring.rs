//! libfuzzer's door to `bodies::keyring`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bodies::keyring(bytes);
});
