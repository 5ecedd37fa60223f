//! What patterns of paths stand for.

use crate::unprivileged::without_root;
use crate::world::World;
use lifeboat_fs::{FsErrorKind, expand_glob};
use std::ffi::OsStr;
use std::fs::Permissions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// What a pattern below `from` stands for, relative to it.
fn expand(world: &World, pattern: &[u8]) -> Vec<PathBuf> {
    let found = expand_glob(&world.entry(pattern)).unwrap();
    found.iter().map(|path| path.strip_prefix(world.from()).unwrap().to_owned()).collect()
}

fn paths(paths: &[&[u8]]) -> Vec<PathBuf> {
    paths.iter().map(|path| PathBuf::from(OsStr::from_bytes(path))).collect()
}

#[test]
fn patterns_stand_for_what_is_there() {
    let world = World::new();
    for directory in [&b"a"[..], b"b", b"c{1}"] {
        std::fs::create_dir(world.entry(directory)).unwrap();
        std::fs::write(world.entry(&[directory, b"/x"].concat()), b"").unwrap();
    }
    for file in [&b".hidden"[..], b"f*", b"f1", b"f\xff", b"a/y"] {
        std::fs::write(world.entry(file), b"").unwrap();
    }
    std::os::unix::fs::symlink("nowhere", world.entry(b"dangling")).unwrap();
    let table: [(&[u8], &[&[u8]]); 12] = [
        (b"*", &[b".hidden", b"a", b"b", b"c{1}", b"dangling", b"f*", b"f1", b"f\xff"]),
        (b"f?", &[b"f*", b"f1", b"f\xff"]),
        (b"f\\*", &[b"f*"]),
        (b"*/x", &[b"a/x", b"b/x", b"c{1}/x"]),
        (b"[ab]/*", &[b"a/x", b"a/y", b"b/x"]),
        (b"[!a]/y", &[b"[!a]/y"]),
        (b"c{*}/x", &[b"c{1}/x"]),
        (b"{a,b}/[x]", &[b"{a,b}/[x]"]),
        (b"d*", &[b"dangling"]),
        (b"none*", &[b"none*"]),
        (b"plain", &[b"plain"]),
        (b"f\xff", &[b"f\xff"]),
    ];
    for (pattern, expected) in table {
        assert_eq!(expand(&world, pattern), paths(expected), "{}", pattern.escape_ascii());
    }
}

#[test]
fn bad_patterns_are_refused() {
    let world = World::new();
    for bad in [&b"[a"[..], b"x\\", b"\xff*", b"[z-a]"] {
        let error = expand_glob(&world.entry(bad)).unwrap_err();
        assert_eq!((error.kind(), error.path()), (FsErrorKind::Invalid, world.entry(bad).as_path()));
    }
}

#[test]
fn what_cannot_be_listed_stands_for_itself() {
    let world = World::new();
    for directory in [&b"closed/x"[..], b"open/x"] {
        std::fs::create_dir_all(world.entry(directory)).unwrap();
    }
    std::fs::set_permissions(world.entry(b"closed"), Permissions::from_mode(0o000)).unwrap();
    without_root(&world, || {
        assert_eq!(expand(&world, b"*/*"), paths(&[b"open/x", b"closed/*"]));
    });
}
