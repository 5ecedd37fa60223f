//! Listings: complete, each object once, folders and nothing but folders.

use std::collections::BTreeMap;

use lifeboat_backend::Backend;

use super::{Door, bytes, name};

const NAMES: [&str; 8] = [
    "config",
    "config2",
    "log/1/a",
    "log/2/a",
    "log2/1/a",
    "packs/ab/abcd",
    "packs/ab/abce",
    "packs/abc/abcd",
];

/// Names and sizes below `prefix`; an object that is shown twice fails the test.
pub(super) fn listed(backend: &dyn Backend, prefix: &str) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut twice = Vec::new();
    backend
        .list(prefix, &mut |object| {
            if found.insert(object.name.to_string(), object.size).is_some() {
                twice.push(object.name);
            }
        })
        .unwrap();
    assert!(twice.is_empty(), "shown twice: {twice:?}");
    found
}

fn fill(door: &Door) {
    for (length, text) in NAMES.iter().enumerate() {
        door.backend.put(&name(text), &bytes(6, length)).unwrap();
    }
}

fn names(door: &Door, prefix: &str) -> Vec<String> {
    listed(&*door.backend, prefix).into_keys().collect()
}

pub(super) fn everything_is_listed_once_with_its_size(door: &Door) {
    fill(door);
    let expected: BTreeMap<String, u64> = NAMES.iter().map(|text| (*text).to_owned()).zip(0..).collect();
    assert_eq!(listed(&*door.backend, ""), expected);
    door.backend.delete(&name("log/2/a")).unwrap();
    assert_eq!(names(door, "log/"), ["log/1/a"]);
}

/// `log/` is not the beginning of `log2/…`, nor `packs/ab/` of `packs/abc/…`.
pub(super) fn a_prefix_is_a_folder(door: &Door) {
    fill(door);
    assert_eq!(names(door, "log/"), ["log/1/a", "log/2/a"]);
    assert_eq!(names(door, "log/1/"), ["log/1/a"]);
    assert_eq!(names(door, "packs/"), ["packs/ab/abcd", "packs/ab/abce", "packs/abc/abcd"]);
    assert_eq!(names(door, "packs/ab/"), ["packs/ab/abcd", "packs/ab/abce"]);
}

pub(super) fn an_empty_store_and_missing_folders_are_empty(door: &Door) {
    assert!(names(door, "").is_empty());
    assert!(names(door, "packs/").is_empty());
    fill(door);
    for missing in ["pack/", "packs/a/", "packs/ab/ab/", "lo/", "missing/1/2/"] {
        assert!(names(door, missing).is_empty(), "{missing}");
    }
}

pub(super) fn only_folders_can_be_listed(door: &Door) {
    fill(door);
    for prefix in ["log", "log/1", "/", "//", "../", "log//", "./", "LOG/", "a/b/c/d/", "log/../log/"] {
        let mut shown = 0;
        let error = door.backend.list(prefix, &mut |_| shown += 1).unwrap_err();
        assert_eq!(error.kind(), lifeboat_backend::ErrorKind::InvalidName, "{prefix}");
        assert_eq!(shown, 0);
    }
}

pub(super) fn a_visit_may_use_the_backend(door: &Door) {
    fill(door);
    let mut sizes = 0;
    door.backend
        .list("", &mut |object| {
            sizes += door.backend.stat(&object.name).unwrap().size;
            assert_eq!(door.backend.get(&object.name, 100).unwrap().len() as u64, object.size);
            door.backend.delete(&object.name).unwrap();
        })
        .unwrap();
    assert_eq!(sizes, (0..NAMES.len() as u64).sum::<u64>());
    assert!(names(door, "").is_empty());
}
