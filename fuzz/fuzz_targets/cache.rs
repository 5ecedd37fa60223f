//! libfuzzer's door to `caches::cache`.
#![no_main]
#[path = "../alone.rs"]
mod alone;
#[path = "../caches.rs"]
mod caches;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    caches::cache(bytes);
});
