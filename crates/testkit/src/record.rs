//! What a test run proved, in figures: `reliability.json`, which says of each of them which source and compiler it is of.
//!
//! The file has two halves. `ci` is what tests record where the variable `CI` is set, `by_hand` is what they record
//! elsewhere, so that neither passes for the other. A half consists of sections, a section of figures:
//!
//! ```json
//! { "ci": { "kills": { "commit": "c1b8f1b7c3a0", "rustc": "1.95.0", "date": "2026-11-22", "figures": { "backup": 40 } } } }
//! ```
//!
//! Invariants: the figures of a section are of one source and one compiler; those of another are forgotten. Whoever reads the
//! file finds it whole, and what several record at once is all in it.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};

use crate::must::must;
use crate::origin::Origin;

/// Names the file where it is not [`USUAL`]; what is not absolute begins at the root of the checkout.
const PLACE: &str = "LIFEBOAT_RELIABILITY";
const USUAL: &str = "target/reliability.json";
/// What the figures of a section are called in it.
const FIGURES: &str = "figures";

/// Adds figures to a section of the file that the variable `LIFEBOAT_RELIABILITY` names, or of `target/reliability.json`. They
/// take the place of those of the same names.
///
/// # Panics
/// When `figures` is no object, or the file cannot be read or written.
pub fn record(section: &str, figures: Value) {
    let half = if env::var_os("CI").is_some() { "ci" } else { "by_hand" };
    let place = env::var_os(PLACE).unwrap_or_else(|| OsString::from(USUAL));
    record_in(&root().join(place), half, section, figures);
}

/// The same for one half of a file.
///
/// # Panics
/// As [`record`].
pub fn record_in(file: &Path, half: &str, section: &str, figures: Value) {
    let Value::Object(figures) = figures else { panic!("the figures of {section} have no names") };
    let folder = file.parent().unwrap_or(file);
    must(fs::create_dir_all(folder), "create", folder);
    let lock = must(File::open(folder), "open", folder);
    must(flock(&lock, FlockOperation::LockExclusive), "lock", folder);
    let mut whole = read(file);
    add(&mut whole[half][section], figures);
    let text = format!("{whole:#}\n");
    let unfinished = file.with_extension("json.new");
    must(fs::write(&unfinished, text), "write", &unfinished);
    must(fs::rename(&unfinished, file), "replace", file);
}

/// What is recorded already.
fn read(file: &Path) -> Value {
    match fs::read(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => json!({}),
        read => must(serde_json::from_slice(&must(read, "read", file)), "understand", file),
    }
}

/// Adds figures to a section, which those of another origin leave.
fn add(section: &mut Value, figures: Map<String, Value>) {
    let origin = Origin::of(&root());
    let is_same = section["commit"] == *origin.commit && section["rustc"] == *origin.rustc;
    let old = section[FIGURES].as_object().filter(|_| is_same).cloned();
    let mut all = old.unwrap_or_default();
    all.extend(figures);
    let Origin { commit, rustc, date } = origin;
    *section = json!({ "commit": commit, "rustc": rustc, "date": date, FIGURES: all });
}

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
