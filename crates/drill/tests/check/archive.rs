//! Archives that are whole, and those that are not.

use super::{open_world, outcome};
use lifeboat_drill::record::Outcome;
use lifeboat_testkit::needs;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;

fn make(folder: &Path, argv: &[&str]) {
    let made = Command::new(argv[0]).args(&argv[1..]).current_dir(folder).status().unwrap();
    assert!(made.success(), "{argv:?}");
}

#[test]
fn archives_are_whole_or_not() {
    if !["tar", "gzip", "zstd", "unzip", "python3"].into_iter().all(needs) {
        return;
    }
    let world = open_world(3);
    let source = world.source();
    let text: String = (0..3000).map(|number| format!("{number}\n")).collect();
    for name in ["a", "b", "c"] {
        fs::write(source.join(name), &text).unwrap();
    }
    make(&source, &["tar", "-cf", "plain.tar", "a", "b", "c"]);
    make(&source, &["tar", "--gzip", "-cf", "more.tar.gz", "a", "b"]);
    make(&source, &["tar", "--zstd", "-cf", "most.tar.zst", "a", "b"]);
    make(&source, &["gzip", "--keep", "a"]);
    make(&source, &["zstd", "-q", "b"]);
    make(&source, &["python3", "-m", "zipfile", "-c", "some.zip", "a", "b", "c"]);
    world.backup();
    for name in ["plain.tar", "more.tar.gz", "most.tar.zst", "a.gz", "b.zst", "some.zip"] {
        let spec = || json!({ "type": "archive", "glob": name });
        assert_eq!(outcome(&world, spec()), (Outcome::Pass, String::new()), "{name}");
        let path = source.join(name);
        let whole = fs::read(&path).unwrap();
        // Of a tar a part that ends with a member.
        let part = if name == "plain.tar" { 512 + text.len().next_multiple_of(512) } else { whole.len() - 9 };
        fs::write(&path, &whole[..part]).unwrap();
        world.backup();
        assert_eq!(
            outcome(&world, spec()),
            (Outcome::Fail, "archives that are not whole: 1".into()),
            "{name}"
        );
        fs::write(&path, &whole).unwrap();
    }
    let all = json!({ "type": "archive", "glob": "*.{tar,gz,zst,zip}", "min-matches": 6 });
    world.backup();
    assert_eq!(outcome(&world, all).0, Outcome::Pass);
    let too_few = json!({ "type": "archive", "glob": "*.zip", "min-matches": 2 });
    assert_eq!(outcome(&world, too_few), (Outcome::Fail, "only 1 files fit".to_owned()));
    let none = json!({ "type": "archive", "glob": "a" });
    assert_eq!(outcome(&world, none), (Outcome::Fail, "archives that are not whole: 1".to_owned()));
}
