//! Which files a second backup reads, what it takes over, and when it makes no snapshot at all.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::world::World;

/// Long enough to be no part of a node.
const CONTENT: &[u8] = &[b'x'; 1_000];

/// A directory of one file, saved so that what was read counts as settled.
fn world() -> World {
    let world = World::new();
    world.write("files/file", CONTENT);
    world.run(&["backup", "files"]).succeeds();
    // The clock of a file system may stand still for two seconds: a file is only taken over when it is older.
    let has_settled = |_: &u32| {
        std::thread::sleep(Duration::from_millis(500));
        world.summary(&[])["bytes_read"] == 0
    };
    assert!((0..60).find(has_settled).is_some(), "it is read for ever");
    world
}

impl World {
    /// Saves the directory with these options and gives the last line of the report.
    fn summary(&self, options: &[&str]) -> Value {
        let arguments = [&["backup", "--json", "-q", "files"], options].concat();
        self.run(&arguments).succeeds().json_lines().pop().unwrap()
    }

    /// Bytes that a dry run with these options reads of the only file.
    fn reads(&self, options: &[&str]) -> u64 {
        self.summary(&[options, &["-n"]].concat())["bytes_read"].as_u64().unwrap()
    }

    fn amount_of_snapshots(&self) -> usize {
        self.run(&["snapshots", "--json"]).succeeds().json().as_array().unwrap().len()
    }
}

const ALL: u64 = CONTENT.len() as u64;

#[test]
fn a_file_with_another_change_time_is_read_unless_that_is_ignored() {
    let world = world();
    fs::set_permissions(world.path("files/file"), Permissions::from_mode(0o640)).unwrap();
    assert_eq!(world.reads(&[]), ALL);
    assert_eq!(world.reads(&["--ignore-ctime"]), 0);
    assert_eq!(world.reads(&["--ignore-inode"]), 0, "as restic has it");
    // What the inode says is saved all the same.
    world.summary(&["--ignore-ctime"]);
    let listed = world.run(&["ls", "--json", &world.latest("files/file")]).succeeds().json_lines();
    assert_eq!(listed.last().unwrap()["permissions"], "-rw-r-----");
}

#[test]
fn a_file_with_another_inode_number_is_read_unless_that_is_ignored() {
    let world = world();
    let (file, copy) = (world.path("files/file"), world.path("files/copy"));
    let (inode, modified) =
        (fs::metadata(&file).unwrap().ino(), fs::metadata(&file).unwrap().modified().unwrap());
    fs::copy(&file, &copy).unwrap();
    File::options().write(true).open(&copy).unwrap().set_modified(modified).unwrap();
    fs::rename(&copy, &file).unwrap();
    assert_ne!(fs::metadata(&file).unwrap().ino(), inode);
    assert_eq!(world.reads(&[]), ALL);
    assert_eq!(world.reads(&["--ignore-ctime"]), ALL);
    assert_eq!(world.reads(&["--ignore-inode"]), 0);
}

#[test]
fn another_size_or_modification_time_is_never_ignored() {
    let world = world();
    let file = world.path("files/file");
    let options = ["--ignore-inode", "--ignore-ctime"];
    assert_eq!(world.reads(&options), 0);
    let handle = File::options().write(true).open(&file).unwrap();
    let modified = handle.metadata().unwrap().modified().unwrap();
    handle.set_modified(modified - Duration::from_nanos(1)).unwrap();
    assert_eq!(world.reads(&options), ALL);
    handle.set_len(999).unwrap();
    handle.set_modified(modified).unwrap();
    assert_eq!(world.reads(&options), 999);
}

#[test]
fn with_force_everything_is_read() {
    let world = world();
    assert_eq!(world.reads(&[]), 0);
    let forced = world.summary(&["--force"]);
    assert_eq!((forced["bytes_read"].as_u64(), forced["files_new"].as_u64()), (Some(ALL), Some(1)));
    assert_eq!(forced.get("parent"), None);
}

#[test]
fn a_parent_can_be_named() {
    let world = world();
    let first = world.run(&["snapshots", "--json"]).succeeds().json()[0]["id"].as_str().unwrap().to_owned();
    let named = world.summary(&["--parent", &first[..10]]);
    assert_eq!(named["parent"], first.as_str());
    assert_eq!(world.summary(&["--parent", "latest"])["parent"], named["snapshot_id"]);
    world.run(&["backup", "files", "--parent", "abcdef"]).fails(1, "no snapshot matches \"abcdef\"");
    world.run(&["backup", "files", "--parent", "abcdef", "--force"]).fails(2, "cannot be used with");
}

#[test]
fn nothing_new_makes_no_snapshot_when_that_is_asked_for() {
    let world = world();
    let before = world.amount_of_snapshots();
    let ended = world.run(&["backup", "files", "--skip-if-unchanged"]).succeeds();
    assert!(
        ended.out.ends_with("nothing of what was to be saved has changed: no snapshot was made\n"),
        "{}",
        ended.out
    );
    let skipped = world.summary(&["--skip-if-unchanged"]);
    assert_eq!(skipped.get("snapshot_id"), None);
    assert_eq!(skipped["files_unmodified"], 1);
    assert_eq!(world.amount_of_snapshots(), before);

    // What lies beside is none of its business, other tags are.
    world.write("beside", b"");
    assert_eq!(world.summary(&["--skip-if-unchanged"]).get("snapshot_id"), None);
    assert!(world.summary(&["--skip-if-unchanged", "--tag", "a"]).get("snapshot_id").is_some());
    assert_eq!(world.summary(&["--skip-if-unchanged", "--tag", "a"]).get("snapshot_id"), None);
    world.write("files/new", b"");
    assert!(world.summary(&["--skip-if-unchanged", "--tag", "a"]).get("snapshot_id").is_some());
    fs::remove_file(world.path("files/new")).unwrap();
    assert!(world.summary(&["--skip-if-unchanged", "--tag", "a"]).get("snapshot_id").is_some());
}

#[test]
fn a_partial_snapshot_is_neither_skipped_nor_good_enough_to_skip_for() {
    let world = world();
    let partial = ["backup", "files", "missing", "--skip-if-unchanged"];
    for snapshots in [1, 2] {
        let before = world.amount_of_snapshots();
        world.run(&partial).fails(3, "not everything could be saved");
        assert_eq!(world.amount_of_snapshots(), before + 1, "{snapshots}");
    }
    world.write("missing", b"");
    fs::remove_file(world.path("missing")).unwrap();
    world.run(&partial).fails(3, "not everything could be saved");
}

#[test]
fn the_time_of_a_snapshot_can_be_named() {
    let world = world();
    for (text, recorded) in [
        ("2021-02-03 04:05:06", "2021-02-03T04:05:06.000000000+00:00"),
        ("2021-02-03T04:05:07+01:00", "2021-02-03T03:05:07.000000000+00:00"),
    ] {
        let id = world.summary(&["--time", text])["snapshot_id"].clone();
        let list = world.run(&["snapshots", "--json"]).succeeds().json();
        let snapshot = list.as_array().unwrap().iter().find(|snapshot| snapshot["id"] == id).unwrap();
        assert_eq!(snapshot["time"], recorded);
    }
    world.run(&["backup", "files", "--time", "yesterday"]).fails(2, "write it as \"2026-01-31 12:00:00\"");
    world.run(&["backup", "files", "--time", "2999-01-01 00:00:00"]).fails(2, "cannot lie in the future");
}

#[test]
fn times_of_access_are_recorded_when_that_is_asked_for() {
    let world = world();
    let accessed = |seconds| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        // Opened for writing, so that looking at it is no access.
        let file = File::options().write(true).open(world.path("files/file")).unwrap();
        file.set_times(FileTimes::new().set_accessed(time)).unwrap();
    };
    accessed(1_000);
    let same = world.summary(&["--ignore-ctime"]);
    let first = world.summary(&["--ignore-ctime", "--with-atime", "--skip-if-unchanged"]);
    accessed(2_000);
    let second = world.summary(&["--ignore-ctime", "--with-atime", "--skip-if-unchanged"]);
    for summary in [&same, &first, &second] {
        assert_eq!((&summary["bytes_read"], summary.get("snapshot_id").is_some()), (&Value::from(0), true));
    }
    let repeated = world.summary(&["--ignore-ctime", "--with-atime", "--skip-if-unchanged"]);
    assert_eq!(repeated.get("snapshot_id"), None, "neither the file nor its time has changed");
}
