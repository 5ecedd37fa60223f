//! What a drill sees of storage.

use lifeboat_backend::{Backend, ErrorKind, MemoryBackend, ObjectName};
use lifeboat_drill::storage::{Limits, Overlay, StorageFault, Watched};
use std::collections::BTreeMap;
use std::sync::Arc;

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

/// Some objects.
fn stored() -> Arc<MemoryBackend> {
    let backend = Arc::new(MemoryBackend::new());
    for (object, bytes) in [("packs/a", &b"first"[..]), ("packs/b", b"second"), ("log/0/c", b"third")] {
        backend.put(&name(object), bytes).unwrap();
    }
    backend
}

fn all(backend: &dyn Backend) -> BTreeMap<String, Vec<u8>> {
    let mut names = Vec::new();
    backend.list("", &mut |info| names.push(info)).unwrap();
    let read = |info: lifeboat_backend::ObjectInfo| {
        let bytes = backend.get(&info.name, 1 << 20).unwrap();
        assert_eq!(info.size, bytes.len() as u64);
        (info.name.to_string(), bytes)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn what_is_watched_is_read_and_counted_and_never_changed() {
    let stored = stored();
    let before = all(&*stored);
    let watched = Watched::over(Arc::clone(&stored) as _, Limits::default());
    assert_eq!(all(&watched), before);
    assert_eq!((watched.requests(), watched.bytes_read(), watched.changes_refused()), (4, 16, 0));
    let object = name("packs/a");
    let shared = Arc::new(b"new".to_vec());
    for refused in [
        watched.put(&name("packs/new"), b"new"),
        watched.put_shared(&name("packs/new"), &shared),
        watched.replace(&object, b"other"),
        watched.delete(&object),
        watched.delete_all(std::slice::from_ref(&object)),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(watched.sweep().unwrap(), 0);
    assert_eq!((watched.changes_refused(), all(&*stored)), (5, before));
}

#[test]
fn limits_are_hard() {
    let by = |bytes, requests| Watched::over(stored() as _, Limits { bytes, requests });
    let watched = by(Some(6), None);
    let (mut five, mut two) = ([0; 5], [0; 2]);
    watched.get_range(&name("packs/a"), 0, &mut five).unwrap();
    let error = watched.get_range(&name("packs/b"), 0, &mut two).unwrap_err();
    assert_eq!((error.kind(), watched.is_beyond_limits()), (ErrorKind::Denied, true));
    let watched = by(None, Some(2));
    let names = ["packs/a", "packs/b", "log/0/c"].map(name);
    let mut got = Vec::new();
    watched.get_many(&names, 100, &mut |name, bytes| got.push((name.to_string(), bytes.is_ok())));
    let expected = [("packs/a", true), ("packs/b", true), ("log/0/c", false)];
    assert_eq!(got, expected.map(|(name, is_ok)| (name.to_owned(), is_ok)));
    assert!(watched.is_beyond_limits() && watched.bytes_read() == 11);
}

#[test]
fn faults_are_seen_by_every_call_and_change_nothing_below() {
    let stored = stored();
    let before = all(&*stored);
    let (a, b) = (name("packs/a"), name("packs/b"));
    let seen =
        |fault: StorageFault| Overlay::over(Arc::clone(&stored) as _, BTreeMap::from([(a.clone(), fault)]));
    let part = |overlay: &Overlay| {
        let mut buffer = [0; 4];
        overlay.get_range(&a, 0, &mut buffer).map(|()| buffer).map_err(|error| error.kind())
    };
    let flipped = seen(StorageFault::BitFlip(5 + 2));
    assert_eq!(
        (flipped.get(&a, 5).unwrap(), flipped.stat(&a).unwrap().size),
        (vec![b'f', b'i', b'r' ^ 0x80, b's', b't'], 5)
    );
    assert_eq!(part(&flipped), Ok([b'f', b'i', b'r' ^ 0x80, b's']));
    let cut = seen(StorageFault::Truncate);
    assert_eq!(
        (cut.get(&a, 5).unwrap(), cut.stat(&a).unwrap().size, part(&cut)),
        (b"fi".to_vec(), 2, Err(ErrorKind::Short))
    );
    let gone = seen(StorageFault::Missing);
    assert_eq!(
        (gone.get(&a, 5).unwrap_err().kind(), part(&gone)),
        (ErrorKind::NotFound, Err(ErrorKind::NotFound))
    );
    assert_eq!(all(&gone).len(), 2);
    let swapped = seen(StorageFault::Swap(b.clone()));
    assert_eq!(
        (swapped.get(&a, 6).unwrap(), all(&swapped)["packs/a"].clone()),
        (b"second".to_vec(), b"second".to_vec())
    );
    assert_eq!(swapped.get(&a, 5).unwrap_err().kind(), ErrorKind::TooLarge);
    for overlay in [flipped, cut, gone, swapped] {
        assert_eq!(overlay.met(), [a.clone()].into());
        overlay.replace(&a, b"healed").unwrap();
        assert_eq!((overlay.get(&a, 6).unwrap(), all(&overlay).len()), (b"healed".to_vec(), 3));
        assert_eq!(overlay.put(&b, b"other").unwrap_err().kind(), ErrorKind::Conflict);
        overlay.put(&b, b"second").unwrap();
        overlay.put(&name("index/d"), b"new").unwrap();
        overlay.delete(&b).unwrap();
        assert_eq!(overlay.delete(&b).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(all(&overlay).into_keys().collect::<Vec<_>>(), ["index/d", "log/0/c", "packs/a"]);
    }
    assert_eq!(all(&*stored), before);
}
