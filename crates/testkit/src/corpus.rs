//! The committed corpora of fuzz targets, replayed with the bodies of the targets.
//!
//! With `LIFEBOAT_WRITE_CORPUS=1` the samples are written anew, and the test fails, so that nobody takes it for one.

use crate::must::must;
use crate::{json, record};
use std::fs;
use std::path::Path;

/// Names and bytes of what a fuzz target starts from.
pub type Samples = Vec<(&'static str, Vec<u8>)>;

/// Looks for the samples in the folder of a target, and gives all that lies there to its body: `valid-*` has to be understood,
/// `broken-*` not, and all else must break no promise.
pub fn replay_corpus(folder: &Path, samples: Samples, body: fn(&[u8]) -> bool) {
    let is_writing = std::env::var_os("LIFEBOAT_WRITE_CORPUS").is_some_and(|value| value == "1");
    for (name, bytes) in samples {
        let path = folder.join(name);
        if is_writing {
            must(fs::create_dir_all(folder), "make", folder);
            must(fs::write(&path, &bytes), "write", &path);
        }
        assert!(fs::read(&path).is_ok_and(|found| found == bytes), "{} is not what it was", path.display());
    }
    assert!(!is_writing, "the corpus was written: look at it, then test without LIFEBOAT_WRITE_CORPUS");
    let mut inputs = 0;
    for file in must(fs::read_dir(folder), "list", folder) {
        let path = must(file, "list", folder).path();
        let understood = body(&must(fs::read(&path), "read", &path));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        assert!(understood || !name.starts_with("valid-"), "{name} is no longer understood");
        assert!(!understood || !name.starts_with("broken-"), "{name} is not refused any more");
        inputs += 1;
    }
    let target = folder.file_name().unwrap_or_default().to_string_lossy();
    record("fuzz", json!({ target: { "inputs": inputs } }));
}
