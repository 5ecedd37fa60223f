//! What lies on disk: names, modes, leftovers, foreign files, links.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use lifeboat_backend::{Backend, ErrorKind, LocalBackend};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::files_below;
use crate::contract::name;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it was stored").permissions().mode() & 0o777
}

fn shown(backend: &LocalBackend) -> Vec<String> {
    let mut names = Vec::new();
    backend.list("", &mut |object| names.push(object.name.to_string())).expect("a listing");
    names.sort();
    names
}

#[test]
fn objects_are_private_files_and_nothing_temporary_stays() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("a/b");
    let backend = LocalBackend::create(&root).unwrap();
    let name = name("packs/ab/1");
    backend.put(&name, b"bytes").unwrap();
    backend.put(&name, b"bytes").unwrap();
    assert!(backend.put(&name, b"other").unwrap_err().is_conflict());
    assert_eq!(files_below(&root), [Path::new("packs/ab/1")]);
    assert_eq!(fs::read(root.join("packs/ab/1")).unwrap(), b"bytes");
    assert_eq!(mode(&root.join("packs/ab/1")), 0o600);
    for folder in [directory.path().join("a"), root.clone(), root.join("packs"), root.join("packs/ab")] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    assert!(backend.stat(&name).unwrap().modified.is_some());
    assert_eq!(backend.location(), root.display().to_string());
}

#[test]
fn only_a_directory_can_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    assert!(LocalBackend::open(&directory.path().join("absent")).unwrap_err().is_not_found());
    assert!(LocalBackend::open(&file).unwrap_err().is_not_found());
    assert!(LocalBackend::create(&file).unwrap_err().is_not_found());
    assert_eq!(LocalBackend::create(&file.join("below")).unwrap_err().kind(), ErrorKind::Other);
    assert!(LocalBackend::open(Path::new("")).unwrap_err().is_not_found());
}

#[test]
fn a_path_may_go_through_parents_that_do_not_exist_yet() {
    let directory = tempfile::tempdir().unwrap();
    LocalBackend::create(&directory.path().join("a/../b/./c")).unwrap();
    LocalBackend::open(&directory.path().join("b/c")).unwrap();
}

#[test]
fn creating_at_once_succeeds_for_all() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0..50 {
        let path = directory.path().join(format!("{round}/b/c/d"));
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| LocalBackend::create(&path))).collect();
            for thread in threads {
                thread.join().unwrap().unwrap();
            }
        });
    }
}

#[test]
fn stray_temporary_and_foreign_files_are_no_objects() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    backend.put(&name("packs/ab/1"), b"bytes").unwrap();
    for foreign in
        [".tmp-0123", "packs/ab/.tmp-4567", "README.TXT", "packs/Thumbs.db", "packs/ab/a b", ".hidden"]
    {
        fs::write(directory.path().join(foreign), b"stray").unwrap();
    }
    for folder in [".snapshot/x", "lost+found", "1/2/3/4"] {
        fs::create_dir_all(directory.path().join(folder)).unwrap();
    }
    fs::write(directory.path().join(".snapshot/x/object"), b"not ours").unwrap();
    fs::write(directory.path().join("1/2/3/4/too-deep"), b"not ours").unwrap();
    symlink("packs", directory.path().join("A-Link")).unwrap();
    assert_eq!(shown(&backend), ["packs/ab/1"]);
}

#[test]
fn a_link_in_place_of_an_object_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), b"outside").unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    symlink(outside.path(), directory.path().join("config")).unwrap();
    assert_damaged(&backend);
    // It is shown, so that nobody takes it for an object that was never there.
    assert_eq!(shown(&backend), ["config"]);
    assert_eq!(fs::read(outside.path()).unwrap(), b"outside");
    assert_eq!(files_below(directory.path()), [Path::new("config")]);
}

#[test]
fn a_link_in_place_of_a_folder_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("object"), b"outside").unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    symlink(outside.path(), directory.path().join("packs")).unwrap();
    assert!(backend.get(&name("packs/object"), 100).is_err());
    assert!(backend.put(&name("packs/new"), b"new").is_err());
    assert!(backend.delete(&name("packs/object")).is_err());
    assert!(backend.list("packs/", &mut |object| panic!("{object:?}")).is_err());
    assert_eq!(shown(&backend), ["packs"]);
    assert_eq!(files_below(outside.path()), [Path::new("object")]);
}

#[test]
fn a_directory_in_place_of_an_object_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::open(directory.path()).unwrap();
    fs::create_dir(directory.path().join("config")).unwrap();
    assert_damaged(&backend);
    assert!(backend.delete(&name("config")).is_err());
    assert!(directory.path().join("config").is_dir());
}

#[test]
fn a_pipe_or_socket_in_place_of_an_object_is_refused() {
    for kind in [FileType::Fifo, FileType::Socket] {
        let directory = tempfile::tempdir().unwrap();
        let backend = LocalBackend::open(directory.path()).unwrap();
        mknodat(CWD, directory.path().join("config"), kind, Mode::RWXU, 0).unwrap();
        assert_damaged(&backend);
        assert_eq!(shown(&backend), ["config"]);
    }
}

/// What is stored as `config` is no file: reading it is damage, and nothing takes its place.
fn assert_damaged(backend: &LocalBackend) {
    let config = name("config");
    assert!(backend.get(&config, 100).unwrap_err().is_damaged());
    assert!(backend.get_range(&config, 0, &mut [0]).unwrap_err().is_damaged());
    assert!(backend.stat(&config).unwrap_err().is_damaged());
    assert_eq!(backend.put(&config, b"x").unwrap_err().kind(), ErrorKind::Other);
}

#[test]
fn a_root_that_was_deleted_is_gone_and_not_empty() {
    let directory = tempfile::tempdir().unwrap();
    let backend = LocalBackend::create(&directory.path().join("repository")).unwrap();
    backend.put(&name("config"), b"bytes").unwrap();
    fs::remove_dir_all(directory.path().join("repository")).unwrap();
    assert_eq!(backend.get(&name("config"), 100).unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(backend.stat(&name("config")).unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(backend.list("packs/", &mut |_| ()).unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(backend.put(&name("config"), b"bytes").unwrap_err().kind(), ErrorKind::Gone);
    assert_eq!(backend.put(&name("packs/ab/1"), b"bytes").unwrap_err().kind(), ErrorKind::Gone);
}

#[test]
fn the_directory_that_was_opened_is_the_one_that_is_used() {
    let directory = tempfile::tempdir().unwrap();
    let (path, moved) = (directory.path().join("repository"), directory.path().join("moved"));
    let backend = LocalBackend::create(&path).unwrap();
    backend.put(&name("config"), b"bytes").unwrap();
    fs::rename(&path, &moved).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(shown(&backend), ["config"]);
    backend.put(&name("second"), b"bytes").unwrap();
    assert_eq!(files_below(&moved), [Path::new("config"), Path::new("second")]);
    assert!(files_below(&path).is_empty());
}
