//! Single objects: put, get, ranges, stat, delete.

use lifeboat_backend::ErrorKind;

use super::{Door, bytes, name};

/// More than any object of these tests has.
const NO_LIMIT: u64 = 1 << 30;

pub(super) fn what_was_put_comes_back(door: &Door) {
    let (name, content) = (name("packs/ab/abcdef"), bytes(1, 100_000));
    door.backend.put(&name, &content).unwrap();
    assert_eq!(door.backend.get(&name, NO_LIMIT).unwrap(), content);
    let info = door.backend.stat(&name).unwrap();
    assert_eq!((info.name, info.size), (name, 100_000));
    assert!(!door.backend.location().is_empty());
}

pub(super) fn equal_bytes_may_be_put_again(door: &Door) {
    for length in [0, 1, 64 * 1024, 64 * 1024 + 1, 1 << 20] {
        let (name, content) = (name(&format!("index/{length}")), bytes(2, length));
        door.backend.put(&name, &content).unwrap();
        door.backend.put(&name, &content).unwrap();
        assert_eq!(door.backend.get(&name, NO_LIMIT).unwrap(), content);
    }
}

/// The other bytes are shorter, longer, or differ in the very last place only.
pub(super) fn other_bytes_under_a_name(door: &Door) {
    let (name, content) = (name("config"), bytes(3, 200_000));
    door.backend.put(&name, &content).unwrap();
    let mut last_differs = content.clone();
    last_differs[199_999] ^= 1;
    for other in [vec![], bytes(3, 199_999), bytes(3, 200_001), last_differs] {
        let put = door.backend.put(&name, &other);
        let stored = door.backend.get(&name, NO_LIMIT).unwrap();
        if door.refuses_conflicts {
            let error = put.unwrap_err();
            assert!(error.is_conflict() && !error.is_retryable());
            assert_eq!(stored, content);
        } else {
            put.unwrap();
            assert_eq!(stored, other);
        }
    }
}

pub(super) fn what_is_damaged_is_replaced(door: &Door) {
    let (name, content) = (name("packs/ab/abcdef"), bytes(3, 200_000));
    for there in [None, Some(vec![]), Some(bytes(3, 199_999)), Some(bytes(5, 200_001)), Some(content.clone())]
    {
        if let Some(there) = there {
            door.backend.put(&name, &there).unwrap();
        }
        door.backend.replace(&name, &content).unwrap();
        assert_eq!(door.backend.get(&name, NO_LIMIT).unwrap(), content);
        door.backend.delete(&name).unwrap();
    }
}

pub(super) fn empty_and_large_objects(door: &Door) {
    let (empty, large) = (name("empty"), name("large"));
    let content = bytes(4, 8 << 20);
    door.backend.put(&empty, b"").unwrap();
    door.backend.put(&large, &content).unwrap();
    assert_eq!(door.backend.get(&empty, 0).unwrap(), b"");
    assert_eq!(door.backend.stat(&empty).unwrap().size, 0);
    assert!(door.backend.get(&large, NO_LIMIT).unwrap() == content);
    let mut tail = vec![0; 1 << 20];
    door.backend.get_range(&large, 7 << 20, &mut tail).unwrap();
    assert!(tail == content[7 << 20..]);
}

pub(super) fn ranges_are_exact_or_short(door: &Door) {
    let (name, content) = (name("packs/00/range"), bytes(5, 1000));
    door.backend.put(&name, &content).unwrap();
    for (offset, length) in [(0, 1000), (0, 1), (1, 999), (500, 250), (999, 1)] {
        let mut buffer = vec![0; length];
        door.backend.get_range(&name, offset as u64, &mut buffer).unwrap();
        assert_eq!(buffer, content[offset..offset + length]);
    }
    for (offset, length) in
        [(0, 1001), (1, 1000), (999, 2), (1000, 1), (5000, 1), (u64::MAX, 1), (u64::MAX - 1, 1)]
    {
        let error = door.backend.get_range(&name, offset, &mut vec![0; length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Short, "{length} bytes at {offset}: {error}");
    }
}

pub(super) fn empty_ranges(door: &Door) {
    let name = name("packs/00/range");
    door.backend.put(&name, b"abc").unwrap();
    door.backend.get_range(&name, 0, &mut []).unwrap();
    door.backend.get_range(&name, 3, &mut []).unwrap();
    assert!(door.backend.get_range(&name, 4, &mut []).unwrap_err().is_short());
}

pub(super) fn a_limit_is_a_limit(door: &Door) {
    let name = name("log/1");
    door.backend.put(&name, b"twelve bytes").unwrap();
    assert_eq!(door.backend.get(&name, 12).unwrap(), b"twelve bytes");
    for limit in [11, 0] {
        assert!(door.backend.get(&name, limit).unwrap_err().is_too_large());
    }
}

pub(super) fn what_is_absent_is_not_found(door: &Door) {
    door.backend.put(&name("packs/ab/there"), b"x").unwrap();
    for absent in ["absent", "packs/ab/absent", "packs/absent/there", "packs/ab/there2"] {
        let absent = name(absent);
        assert!(door.backend.get(&absent, NO_LIMIT).unwrap_err().is_not_found());
        assert!(door.backend.get_range(&absent, 0, &mut [0]).unwrap_err().is_not_found());
        assert!(door.backend.get_range(&absent, 0, &mut []).unwrap_err().is_not_found());
        assert!(door.backend.stat(&absent).unwrap_err().is_not_found());
        let error = door.backend.delete(&absent).unwrap_err();
        assert!(error.is_not_found() && !error.is_retryable());
        assert_eq!(error.place(), absent.as_str());
    }
}

pub(super) fn deleted_objects_are_gone(door: &Door) {
    let (gone, kept) = (name("running/gone"), name("running/kept"));
    door.backend.put(&gone, b"first").unwrap();
    door.backend.put(&kept, b"kept").unwrap();
    door.backend.delete(&gone).unwrap();
    assert!(door.backend.get(&gone, NO_LIMIT).unwrap_err().is_not_found());
    assert!(door.backend.delete(&gone).unwrap_err().is_not_found());
    assert_eq!(door.backend.get(&kept, NO_LIMIT).unwrap(), b"kept");
    door.backend.put(&gone, b"again").unwrap();
    assert_eq!(door.backend.get(&gone, NO_LIMIT).unwrap(), b"again");
}

pub(super) fn many_are_deleted_at_once(door: &Door) {
    let names = ["packs/aa/1", "packs/aa/2", "packs/bb/3", "index/4", "packs/aa/5"].map(name);
    names[..4].iter().for_each(|name| door.backend.put(name, b"bytes").unwrap());
    let other = name("packs/aa/other");
    door.backend.put(&other, b"bytes").unwrap();
    let gone = [&names[..], &[name("nowhere/6"), name("packs/aa/7")]].concat();
    for _ in 0..2 {
        door.backend.delete_all(&gone).unwrap();
        assert!(names.iter().all(|name| door.backend.stat(name).unwrap_err().is_not_found()));
        assert_eq!(door.backend.get(&other, NO_LIMIT).unwrap(), b"bytes");
    }
    door.backend.delete_all(&[]).unwrap();
}

pub(super) fn all_forms_of_names(door: &Door) {
    let longest = ["a", "b", "c", "d"].map(|letter| letter.repeat(door.component)).join("/");
    for text in ["0", "-", "a.b_c-d", "one/two", "one/three/four", "1/2/3/4", &longest] {
        let name = name(text);
        door.backend.put(&name, text.as_bytes()).unwrap();
        assert_eq!(door.backend.get(&name, NO_LIMIT).unwrap(), text.as_bytes());
    }
}
