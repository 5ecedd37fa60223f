//! The committed corpora of the fuzz targets of this crate, replayed.
//!
//! `LIFEBOAT_WRITE_CORPUS=1 cargo test -p lifeboat-repository corpus` writes the samples anew and fails.

use lifeboat_testkit::{json, record};
use std::fs;
use std::path::PathBuf;

/// What a fuzz target starts from: names and bytes.
pub(crate) type Samples = Vec<(&'static str, Vec<u8>)>;

/// Looks for the samples in the corpus of a target, and gives all that lies there to its body: `valid-*` has to be understood,
/// `broken-*` not.
pub(crate) fn replay(target: &str, samples: Samples, body: fn(&[u8]) -> bool) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let is_writing = std::env::var_os("LIFEBOAT_WRITE_CORPUS").is_some_and(|value| value == "1");
    for (name, bytes) in samples {
        if is_writing {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), &bytes).unwrap();
        }
        assert!(fs::read(folder.join(name)).is_ok_and(|found| found == bytes), "{name} is not what it was");
    }
    assert!(!is_writing, "the corpus was written: look at it, then test without LIFEBOAT_WRITE_CORPUS");
    let mut inputs = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let understood = body(&fs::read(&path).unwrap());
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(understood || !name.starts_with("valid-"), "{name} is no longer understood");
        assert!(!understood || !name.starts_with("broken-"), "{name} is not refused any more");
        inputs += 1;
    }
    record("fuzz", json!({ target: { "inputs": inputs } }));
}
