//! The file of figures: what several record at once is all in it, and figures of another source do not mix.

use lifeboat_testkit::{json, record_in};
use std::fs;
use std::path::Path;

fn found(file: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn whatever_is_recorded_at_once_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("target/figures.json");
    std::thread::scope(|scope| {
        for number in 0..8_u32 {
            let file = &file;
            scope.spawn(move || {
                let name = number.to_string();
                record_in(file, "ci", "kills", json!({ &name: number }));
                record_in(file, "by_hand", &name, json!({ "seeds": "0..7" }));
            });
        }
    });
    let found = found(&file);
    for number in 0..8_u32 {
        let name = number.to_string();
        assert_eq!(found["ci"]["kills"]["figures"][&name], number);
        assert_eq!(found["by_hand"][&name]["figures"]["seeds"], "0..7");
    }
    let left: Vec<_> = fs::read_dir(folder.path().join("target")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_figure_takes_the_place_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    record_in(&file, "ci", "kills", json!({ "backup": 3, "restore": 4 }));
    record_in(&file, "ci", "kills", json!({ "backup": 5 }));
    assert_eq!(found(&file)["ci"]["kills"]["figures"], json!({ "backup": 5, "restore": 4 }));
}

#[test]
fn figures_of_another_source_or_compiler_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    for other in ["commit", "rustc"] {
        record_in(&file, "ci", "kills", json!({ "backup": 3 }));
        let mut changed = found(&file);
        changed["ci"]["kills"][other] = "another".into();
        fs::write(&file, changed.to_string()).unwrap();
        record_in(&file, "ci", "kills", json!({ "restore": 4 }));
        assert_eq!(found(&file)["ci"]["kills"]["figures"], json!({ "restore": 4 }), "{other}");
    }
}

#[test]
#[should_panic(expected = "cannot understand")]
fn what_cannot_be_read_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    fs::write(&file, "{ \"ci\": ").unwrap();
    record_in(&file, "ci", "kills", json!({ "backup": 3 }));
}
