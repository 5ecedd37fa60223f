//! libfuzzer's door to `histories::history`.
#![no_main]
#[path = "../alone.rs"]
mod alone;
#[path = "../histories.rs"]
mod histories;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    histories::history(bytes);
});
