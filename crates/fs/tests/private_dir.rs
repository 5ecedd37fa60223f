//! A directory for the time of a run: claimed, taken over, removed with all in it.

use lifeboat_fs::{Claim, PrivateDir};
use lifeboat_testkit::{TreeSpec, make_tree, needs, needs_root};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

#[test]
fn it_is_for_one_user_and_goes_with_all_in_it() {
    let place = tempfile::tempdir().unwrap();
    let outside = place.path().join("outside");
    make_tree(&outside, 1, &TreeSpec { large: false, ..TreeSpec::default() });
    let path = place.path().join("run");
    let dir = PrivateDir::create(&path, b"a test").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o700);
    assert!(PrivateDir::create(&path, b"another").is_err(), "it is there already");
    make_tree(&path.join("tree"), 2, &TreeSpec { large: false, ..TreeSpec::default() });
    symlink(&outside, path.join("link")).unwrap();
    fs::create_dir_all(path.join("closed/below/more")).unwrap();
    for name in ["closed/below/more", "closed/below", "closed"] {
        fs::set_permissions(path.join(name), Permissions::from_mode(0o0)).unwrap();
    }
    dir.remove().unwrap();
    assert!(!path.exists());
    assert!(fs::read_dir(&outside).unwrap().count() > 2, "nothing went through the link");
}

#[test]
fn a_tree_that_is_deeper_than_any_path_goes_too() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let dir = PrivateDir::create(&path, b"").unwrap();
    let deep = "cd \"$0\" && i=0 && while [ $i -lt 300 ]; do mkdir directory && cd -P directory && i=$((i+1)); done; touch end";
    assert!(Command::new("bash").args(["-c", deep]).arg(&path).status().unwrap().success());
    dir.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn what_must_not_be_changed_goes_too() {
    if !needs_root() || !needs("chattr") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    let dir = PrivateDir::create(&path, b"").unwrap();
    fs::create_dir_all(path.join("locked/below")).unwrap();
    fs::write(path.join("locked/below/file"), "kept").unwrap();
    fs::write(path.join("log"), "kept").unwrap();
    for (flag, name) in [("+i", "locked/below/file"), ("+i", "locked/below"), ("+i", "locked"), ("+a", "log")]
    {
        assert!(Command::new("chattr").arg(flag).arg(path.join(name)).status().unwrap().success());
    }
    dir.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn it_is_taken_over_when_its_owner_is_gone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("run");
    assert!(PrivateDir::take_over(&path).unwrap().is_none());
    fs::create_dir(&path).unwrap();
    assert!(PrivateDir::take_over(&path).unwrap().is_none(), "it is nobody's");
    fs::remove_dir(&path).unwrap();
    let dir = PrivateDir::create(&path, b"who it was").unwrap();
    assert!(matches!(PrivateDir::take_over(&path).unwrap(), Some(Claim::Held)));
    drop(dir);
    let Some(Claim::Left(text, dir)) = PrivateDir::take_over(&path).unwrap() else {
        panic!("nobody holds it")
    };
    assert_eq!(text, b"who it was");
    assert!(matches!(PrivateDir::take_over(&path).unwrap(), Some(Claim::Held)), "now it is ours");
    dir.remove().unwrap();
}
