//! What is said of what came back, of each restore and of everything in the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::crew::{Crew, REPLICA};
use super::manifest::{differences, manifest};
use super::process::Ended;

/// What a restore says whose snapshot went meanwhile.
const GONE: [&str; 2] = ["was forgotten, and swept meanwhile", "no snapshot matches"];

/// Asserts that a restore brought back what was saved, or says that somebody has forgotten it.
pub(super) fn judge_restored(crew: &Crew, snapshot: &Value, target: &Path, ended: Ended) {
    let id = snapshot["id"].as_str().unwrap();
    if ended.code() == Some(1) && GONE.iter().any(|gone| ended.err.contains(gone)) {
        let mut history = crew.history.lock().unwrap();
        history.count("gone");
        return;
    }
    ended.succeeds();
    let restored = manifest(target);
    let mut history = crew.history.lock().unwrap();
    let saved = history.begun(tag_of(snapshot));
    let differences = differences(&saved.manifest, &restored);
    assert!(differences.is_empty(), "{id} came back otherwise: {differences:?}");
    history.count("restores");
}

/// Whether verify found nothing, but for what a kill leaves between the two copies of an object.
pub(super) fn is_sound(ended: &Ended) -> bool {
    ended.code() == Some(0) || ended.code() == Some(4) && ended.err.contains("all of it can be mended")
}

/// Asserts that nothing is lost when all have come to their end, in the repository or in its replica.
pub(super) fn judge(crew: &Crew) {
    // Writers complete what the dead have left.
    (0..4).for_each(|saver| crew.save_as_it_is(saver, |arguments| Some(crew.run_in_peace(arguments))));
    crew.run_in_peace(&["copy", "--to", REPLICA]).succeeds();
    for _ in 0..2 {
        let listed = judge_all(crew, &[]);
        let wanted = crew.history.lock().unwrap().wanted();
        let lost: Vec<_> = wanted.difference(&listed).collect();
        assert!(lost.is_empty(), "reported, not forgotten, and gone: {lost:?}");
        judge_all(crew, &["-r", REPLICA]);
        crew.run_in_peace(&["prune", "--now", "--max-unused", "0"]).succeeds();
        crew.run_in_peace(&["-r", REPLICA, "prune", "--now", "--max-unused", "0"]).succeeds();
    }
}

/// Asserts that everything in a repository is sound and comes back as it was saved; gives the ids of the snapshots.
fn judge_all(crew: &Crew, repository: &[&str]) -> BTreeSet<String> {
    let run = |arguments: &[&str]| crew.run_in_peace(&[repository, arguments].concat()).succeeds();
    run(&["verify", "--read-data"]);
    let list: Vec<Value> = serde_json::from_str(&run(&["snapshots", "--json"]).out).unwrap();
    for snapshot in &list {
        let (id, path) = (snapshot["id"].as_str().unwrap(), snapshot["paths"][0].as_str().unwrap());
        let target = crew.path("restored");
        let ended = run(&["restore", &format!("{id}:{path}"), "--target", &target.display().to_string()]);
        judge_restored(crew, snapshot, &target, ended);
        fs::remove_dir_all(target).unwrap();
    }
    list.iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
}

fn tag_of(snapshot: &Value) -> &str {
    snapshot["tags"][0].as_str().unwrap()
}
