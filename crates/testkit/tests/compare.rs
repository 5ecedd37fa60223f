//! The comparison sees each single difference that a restore could leave behind.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use lifeboat_testkit::{TreeSpec, copy_tree, make_tree, needs, rsync_differences};

/// What is changed, in words and as a function of the root.
type Change = (&'static str, fn(&Path));

#[test]
fn a_copy_does_not_differ_and_each_change_is_seen() {
    if !needs("rsync") {
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let original = temp.path().join("original");
    make_tree(&original, 11, &TreeSpec { large: false, ..TreeSpec::default() });
    fs::write(original.join("file"), "content").unwrap();
    fs::write(original.join("twin"), "content").unwrap();
    set_modified(&original.join("twin"), modified(&original.join("file")));
    let copy = temp.path().join("copy");
    copy_tree(&original, &copy);
    assert_eq!(rsync_differences(&original, &copy), Vec::<String>::new());

    let changes: [Change; 8] = [
        ("content of the same size and time", |root| rewrite_in_secret(&root.join("file"))),
        ("nanosecond", |root| add_a_nanosecond(&root.join("file"))),
        ("mode", |root| fs::set_permissions(root.join("file"), Permissions::from_mode(0o640)).unwrap()),
        ("missing file", |root| fs::remove_file(root.join("file")).unwrap()),
        ("superfluous file", |root| fs::write(root.join("more"), "").unwrap()),
        ("link target", |root| retarget(&root.join("odd/symlink-0"))),
        ("broken hard link", |root| break_hard_link(&root.join("odd/hard-link-1"))),
        ("superfluous hard link", |root| link_twins(root)),
    ];
    for (number, (name, change)) in changes.into_iter().enumerate() {
        let changed = temp.path().join(format!("changed-{number}"));
        copy_tree(&original, &changed);
        change(&changed);
        let differences = rsync_differences(&original, &changed);
        // Most changes touch the time of a directory as well, which must not be all that is seen.
        let seen = differences
            .iter()
            .any(|line| !line.trim_start_matches("backwards: ").starts_with(".d..t...... "));
        assert!(seen, "not seen: {name}: {differences:?}");
    }
}

fn rewrite_in_secret(path: &Path) {
    let time = modified(path);
    fs::write(path, "CONTENT").unwrap();
    set_modified(path, time);
}

fn add_a_nanosecond(path: &Path) {
    set_modified(path, modified(path) + Duration::from_nanos(1));
}

fn retarget(path: &Path) {
    fs::remove_file(path).unwrap();
    symlink("elsewhere", path).unwrap();
}

fn break_hard_link(path: &Path) {
    let (content, time) = (fs::read(path).unwrap(), modified(path));
    fs::remove_file(path).unwrap();
    fs::write(path, content).unwrap();
    set_modified(path, time);
}

fn link_twins(root: &Path) {
    let (file, twin) = (root.join("file"), root.join("twin"));
    fs::remove_file(&twin).unwrap();
    fs::hard_link(&file, &twin).unwrap();
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

fn set_modified(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).unwrap().set_times(FileTimes::new().set_modified(time)).unwrap();
}
