//! What is not a single system call does the same as its example.

use lifeboat_sys::fs::{Dir, File, Mode, RawDir, create_dir_all, read_dir};
use lifeboat_sys::io::Errno;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn directories_are_made_with_all_above_them_and_left_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b/c");
    for _ in 0..2 {
        create_dir_all(&deep, Mode::RWXU).unwrap();
    }
    assert_eq!([mode(&deep), mode(deep.parent().unwrap())], [0o700; 2]);
    create_dir_all(Path::new(""), Mode::RWXU).unwrap();
    create_dir_all(Path::new("/"), Mode::RWXU).unwrap();
    std::fs::write(directory.path().join("file"), b"").unwrap();
    assert_eq!(create_dir_all(&directory.path().join("file"), Mode::RWXU), Err(Errno::EXIST));
    assert_eq!(create_dir_all(&directory.path().join("file/below"), Mode::RWXU), Err(Errno::NOTDIR));
}

#[test]
fn a_private_file_is_new_and_for_its_owner_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let mut file = File::create_private(&path).unwrap();
    file.write_all(b"one two").unwrap();
    file.write_all_at(b"TWO", 4).unwrap();
    file.sync_all().unwrap();
    let mut found = [0; 7];
    file.try_clone().unwrap().read_exact_at(&mut found, 0).unwrap();
    assert_eq!((&found, mode(&path)), (b"one TWO", 0o600));
    assert!(
        File::create_private(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists)
    );
    assert!(File::open(&path).unwrap().write_at(b"x", 0).is_err());
    File::open_to_write(&path).unwrap().write_all_at(b"x", 0).unwrap();
}

#[test]
fn every_way_to_list_a_directory_gives_the_same_names() {
    let directory = tempfile::tempdir().unwrap();
    for name in 0..50 {
        std::fs::write(directory.path().join(format!("{name:020}")), b"").unwrap();
    }
    let opened = File::open(directory.path()).unwrap();
    let mut entries = Dir::read_from(&opened).unwrap();
    let mut names = Vec::new();
    while let Some(entry) = entries.read() {
        names.push(entry.unwrap().file_name().to_owned());
    }
    // Room for a few at a time.
    let mut buffer = Vec::with_capacity(200);
    let mut raw = RawDir::new(std::os::fd::AsFd::as_fd(&opened), buffer.spare_capacity_mut());
    let mut raw_names = Vec::new();
    while let Some(entry) = raw.read() {
        raw_names.push(entry.unwrap().file_name().to_owned());
    }
    names.sort();
    raw_names.sort();
    assert_eq!((names.len(), &names), (52, &raw_names));
    assert_eq!(read_dir(directory.path()).unwrap().count(), 50);
}
