//! `restore` into a directory that holds something: what is replaced, what stays, and what is said about it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use lifeboat_testkit::{change_tree, needs, needs_root, rsync_differences, skip};
use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::io::Errno;
use serde_json::Value;

use super::world::{World, below};

const SAVED: &[u8] = b"the saved text";
/// As long as what is saved.
const OTHER: &[u8] = b"something else";

/// What is in the place of a saved file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum There {
    Nothing,
    Same,
    Older,
    Newer,
    /// Other content behind the same size and time.
    Disguised,
    OlderAndShorter,
    Link,
    EmptyDirectory,
    FullDirectory,
}

/// What is in its place afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// The saved file, in the place of something else.
    Saved,
    /// The saved file, which was there.
    Unchanged,
    /// What was there.
    Kept,
    /// Likewise, and that is an error.
    Refused,
}

fn mtime(path: &Path) -> SystemTime {
    fs::symlink_metadata(path).unwrap().modified().unwrap()
}

fn put(path: &Path, bytes: &[u8], time: SystemTime) {
    fs::write(path, bytes).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn prepare(there: There, path: &Path, saved: SystemTime) {
    let hour = Duration::from_secs(3600);
    match there {
        There::Nothing => {}
        There::Same => put(path, SAVED, saved),
        There::Older => put(path, OTHER, saved - hour),
        There::Newer => put(path, OTHER, saved + hour),
        There::Disguised => put(path, OTHER, saved),
        There::OlderAndShorter => put(path, b"short", saved - hour),
        There::Link => symlink("/etc/hostname", path).unwrap(),
        There::EmptyDirectory => fs::create_dir(path).unwrap(),
        There::FullDirectory => {
            fs::create_dir(path).unwrap();
            fs::write(path.join("mine"), b"precious").unwrap();
        }
    }
}

#[test]
fn each_mode_replaces_what_it_says() {
    use Then::{Kept, Refused, Saved, Unchanged};
    let world = World::new();
    world.write("files/one", SAVED);
    // Links and directories of the test are newer than the saved file.
    let saved = SystemTime::now() - Duration::from_secs(86_400);
    put(&world.path("files/one"), SAVED, saved);
    world.run(&["backup", "files"]).succeeds();
    let table = [
        (There::Nothing, [Saved, Saved, Saved, Saved]),
        (There::Same, [Unchanged, Unchanged, Kept, Kept]),
        (There::Older, [Saved, Saved, Saved, Kept]),
        (There::Newer, [Saved, Saved, Kept, Kept]),
        (There::Disguised, [Saved, Unchanged, Kept, Kept]),
        (There::OlderAndShorter, [Saved, Saved, Saved, Kept]),
        (There::Link, [Saved, Saved, Kept, Kept]),
        (There::EmptyDirectory, [Saved, Saved, Kept, Kept]),
        (There::FullDirectory, [Refused, Refused, Kept, Kept]),
    ];
    for (there, thens) in table {
        for (mode, then) in ["always", "if-changed", "if-newer", "never"].into_iter().zip(thens) {
            let case = format!("{there:?} with {mode}");
            drop(fs::remove_dir_all(world.path("out")));
            fs::create_dir(world.path("out")).unwrap();
            let path = world.path("out/one");
            prepare(there, &path, saved);
            let before = fs::symlink_metadata(&path).ok().map(|told| (told.ino(), told.mtime()));
            let ended =
                world.run(&["restore", "--json", "--overwrite", mode, &world.latest("files/one"), "out"]);
            assert_eq!(ended.code, if then == Refused { 3 } else { 0 }, "{case}: {}", ended.err);
            let after = fs::symlink_metadata(&path).unwrap();
            let is_saved = after.is_file() && fs::read(&path).unwrap() == SAVED && mtime(&path) == saved;
            let stays = before == Some((after.ino(), after.mtime()));
            let summary = ended.json_lines().pop().unwrap();
            let counts = ["files_restored", "files_skipped", "files_kept"].map(|name| summary[name].as_u64());
            match then {
                Saved => assert!(is_saved && !stays && counts == [1, 0, 0].map(Some), "{case}: {summary}"),
                Unchanged => assert!(stays && counts == [0, 1, 0].map(Some), "{case}: {summary}"),
                Kept => assert!(stays && counts == [0, 1, 1].map(Some), "{case}: {summary}"),
                Refused => assert!(
                    stays && counts == [0, 0, 0].map(Some) && ended.err.contains("not empty"),
                    "{case}: {}",
                    ended.err
                ),
            }
            let left = if there == There::FullDirectory { 2 } else { 1 };
            assert_eq!(below(&world.path("out")).len(), left, "{case}: nothing is left beside");
        }
    }
}

#[test]
fn a_damaged_tree_is_mended_in_place() {
    let world = World::with_snapshot();
    for number in 0..40 {
        world.write(format!("files/more/{number}"), format!("{number}").as_bytes());
    }
    symlink("one", world.path("files/link")).unwrap();
    world.run(&["backup", "files"]).succeeds();
    world.run(&["restore", &world.latest("files"), "pristine"]).succeeds();
    change_tree(&world.path("files"), 7, 5);
    for file in below(&world.path("files")) {
        let name = file.strip_prefix(world.path("files")).unwrap();
        if file.is_file() && !world.path("pristine").join(name).exists() {
            fs::remove_file(file).unwrap();
        }
    }
    fs::remove_file(world.path("files/link")).unwrap();
    fs::write(world.path("files/one"), b"FIRST").unwrap();
    fs::remove_dir_all(world.path("files/sub")).unwrap();
    world.write("files/sub", b"a file where a directory was");
    // The whole snapshot, where it came from: ancestors get their saved metadata, everything else stays.
    world.run(&["restore", "latest", "--target", "/"]).succeeds();
    assert_eq!(fs::read(world.path("files/one")).unwrap(), b"first");
    assert_eq!(fs::read(world.path("files/sub/two")).unwrap().len(), 100_000);
    if needs("rsync") {
        assert_eq!(rsync_differences(&world.path("pristine"), &world.path("files")), Vec::<String>::new());
    }
    let again = world.run(&["restore", "latest", "--target", "/"]).succeeds().out;
    assert!(again.starts_with("restored 0 files and 0 directories, 0 B in "), "{again}");
    assert!(again.ends_with("\nunchanged: 44 files\n"), "{again}");
}

#[test]
fn directories_keep_or_get_their_metadata_as_the_mode_says() {
    let world = World::with_snapshot();
    fs::set_permissions(world.path("files/sub"), fs::Permissions::from_mode(0o751)).unwrap();
    world.run(&["backup", "files"]).succeeds();
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().mode() & 0o7777;
    for (overwrite, expected) in
        [("never", 0o700), ("if-newer", 0o700), ("if-changed", 0o751), ("always", 0o751)]
    {
        fs::set_permissions(world.path("out/sub"), fs::Permissions::from_mode(0o700)).unwrap();
        world.run(&["restore", "--overwrite", overwrite, &world.latest("files"), "out"]).succeeds();
        assert_eq!(mode("out/sub"), expected, "{overwrite}");
    }
}

#[test]
fn a_file_that_stays_keeps_no_capability_that_the_snapshot_does_not_know() {
    const CAPABILITY: [u8; 20] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    if !needs_root() {
        return;
    }
    let world = World::with_snapshot();
    let path = world.path("files/one");
    let inode = fs::metadata(&path).unwrap().ino();
    for mode in ["always", "if-changed"] {
        let put = |name: &str, value: &[u8]| setxattr(&path, name, value, XattrFlags::empty());
        if let Err(errno) = put("security.capability", &CAPABILITY).and_then(|()| put("trusted.old", b"1")) {
            return skip(&format!("the scratch directory takes no attributes: {errno}"));
        }
        let arguments = ["restore", "--overwrite", mode, &world.latest("files"), "files"];
        let ended = world.run(&arguments).succeeds();
        assert!(ended.out.starts_with("restored 0 files "), "{}", ended.out);
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode, "it is the same file");
        for name in ["security.capability", "trusted.old"] {
            assert_eq!(getxattr(&path, name, &mut [0; 64]), Err(Errno::NODATA), "{name} with {mode}");
        }
    }
}

#[test]
fn what_is_kept_in_the_way_of_a_directory_is_named() {
    let world = World::with_snapshot();
    world.write("out/sub", b"precious");
    let ended = world.run(&["restore", "--overwrite", "never", &world.latest("files"), "out"]);
    let ended = ended.fails(3, "not everything could be restored");
    assert!(ended.err.contains("files/sub: cannot open \""), "{}", ended.err);
    assert_eq!(fs::read(world.path("out/sub")).unwrap(), b"precious");
    assert_eq!(fs::read(world.path("out/one")).unwrap(), b"first");
    let told = fs::metadata(world.path("out/sub")).unwrap();
    assert!(told.is_file());
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_eq!(fs::read(world.path("out/sub/two")).unwrap().len(), 100_000);
}

#[test]
fn a_dry_run_tells_what_would_become_of_each_item() {
    let world = World::with_snapshot();
    symlink("one", world.path("files/link")).unwrap();
    world.run(&["backup", "files"]).succeeds();
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    fs::write(world.path("out/one"), b"other").unwrap();
    fs::remove_file(world.path("out/sub/three")).unwrap();
    fs::write(world.path("out/.lifeboat-restore-0123456789abcdef"), b"left").unwrap();
    let before = below(&world.path("out"));
    let actions = |arguments: &[&str]| {
        let reference = world.latest("files");
        let arguments = [&["restore", "--json", "-v", &reference, "out"], arguments].concat();
        let lines = world.run(&arguments).succeeds().json_lines();
        let told = |name: &str| -> Value {
            let item = world.path("files").join(name).display().to_string();
            let line = lines.iter().find(|line| line["item"] == *item).unwrap();
            [&line["action"], &line["kept"]].into_iter().cloned().collect()
        };
        ["one", "link", "sub/two", "sub/three", "sub/"].map(told).map(|told| told.to_string())
    };
    let dry = actions(&["-n"]);
    assert_eq!(
        dry,
        ["updated", "unchanged", "unchanged", "restored", "unchanged"]
            .map(|word| format!("[\"{word}\",null]"))
    );
    let kept = actions(&["-n", "--overwrite", "never"]);
    assert_eq!(kept[0], "[\"unchanged\",true]");
    assert_eq!(below(&world.path("out")), before);
    assert_eq!(fs::read(world.path("out/one")).unwrap(), b"other");

    let out = world.run(&["restore", "-nv", &world.latest("files"), "out"]).succeeds().out;
    for line in ["would update ", "unchanged  ", "would restore "] {
        assert!(out.lines().any(|told| told.starts_with(line)), "{line}: {out}");
    }
    assert!(out.contains("would restore 2 files and 0 directories, "), "{out}");
    assert_eq!(actions(&[]), dry, "it does what it said");
    fs::remove_file(world.path("out/sub/three")).unwrap();
    let out = world.run(&["restore", "--overwrite", "never", &world.latest("files"), "out"]).succeeds().out;
    assert!(out.ends_with("\nkept: 3 files\n"), "{out}");
}

#[test]
fn leftovers_of_a_killed_restore_are_removed_and_nothing_else() {
    let world = World::with_snapshot();
    for name in ["out/.lifeboat-restore-0123456789abcdef", "out/sub/.lifeboat-restore-00000000000000ff"] {
        world.write(name, b"left");
    }
    world.write("out/.lifeboat-restore-plan", b"precious");
    world.write("out/mine", b"precious");
    let ended = world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert!(
        ended.err.contains("temporary files that an interrupted restore left were removed"),
        "{}",
        ended.err
    );
    let mut names: Vec<_> = below(&world.path("out"));
    names.sort();
    let expected = [".lifeboat-restore-plan", "mine", "one", "sub", "sub/three", "sub/two"];
    assert_eq!(names, expected.map(|name| world.path("out").join(name)));
}

#[test]
fn what_may_not_be_written_to_is_named() {
    if !needs_root() {
        return;
    }
    let world = World::with_snapshot();
    world.write("out/sub/mine", b"precious");
    world.write("out/one", b"theirs");
    world.run_without_root(&["snapshots"]).succeeds();
    // Their directory, in which they let nobody write; their file, in a directory of everybody.
    for path in ["out/sub", "out/one"] {
        chown(world.path(path), Some(12_345), Some(12_345)).unwrap();
    }
    let ended = world.run_again_without_root(&["restore", &world.latest("files"), "out"]);
    let ended = ended.fails(3, "not everything could be restored");
    for name in ["two", "three"] {
        let path = world.path("files/sub").join(name);
        assert!(ended.err.contains(&format!("error: {}: cannot create \"", path.display())), "{}", ended.err);
    }
    assert!(!ended.err.contains(".lifeboat-restore-"), "{}", ended.err);
    assert_eq!(fs::read(world.path("out/one")).unwrap(), b"first");
    assert_eq!(fs::read(world.path("out/sub/mine")).unwrap(), b"precious");
    assert_eq!(below(&world.path("out")).len(), 3);
}

#[test]
fn an_immutable_file_is_named_and_stays() {
    if !needs_root() || !needs("chattr") {
        return;
    }
    let world = World::with_snapshot();
    world.write("out/one", b"theirs");
    let path = world.path("out/one");
    let chattr = |flag: &str| std::process::Command::new("chattr").arg(flag).arg(&path).status().unwrap();
    if !chattr("+i").success() {
        return;
    }
    let ended = world.run(&["restore", &world.latest("files"), "out"]);
    chattr("-i");
    let ended = ended.fails(3, "not everything could be restored");
    assert!(ended.err.contains("files/one: cannot replace \""), "{}", ended.err);
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert_eq!(fs::read(world.path("out/sub/two")).unwrap().len(), 100_000);
    assert_eq!(below(&world.path("out")).len(), 4);
}

#[test]
fn what_was_kept_is_not_read_again_and_the_rest_is() {
    let world = World::with_snapshot();
    world.write("out/one", b"mine, kept");
    let restore = |options: &[&str]| {
        let reference = world.latest("files");
        let arguments = [&["restore", "--json", "--verify", &reference, "out"], options].concat();
        world.run(&arguments).succeeds().json_lines().pop().unwrap()
    };
    let count =
        |summary: &Value| ["files_kept", "files_verified"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(count(&restore(&["--overwrite", "never", "--include", "one", "--include", "two"])), [1, 1]);
    assert_eq!(count(&restore(&["--overwrite", "never"])), [2, 1]);
    assert_eq!(count(&restore(&["--exclude", "one"])), [0, 2]);
    assert_eq!(count(&restore(&["--include", "three"])), [0, 1]);
    assert_eq!(count(&restore(&[])), [0, 3]);
}
