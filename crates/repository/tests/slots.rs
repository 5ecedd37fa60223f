//! Who can open a repository, and that nobody locks everybody out.

use crate::world::{Watched, environment, names, new, password, small};
use lifeboat_backend::{Backend, BackendError, ErrorKind, MemoryBackend, ObjectInfo, ObjectName};
use lifeboat_format::Slot;
use lifeboat_repository::{
    Credential, Key, Repository, RepositoryError, SlotAbout, SlotError, SlotInfo, SlotKind,
};
use std::fmt;
use std::sync::{Arc, Mutex};

fn key_file() -> Credential {
    Credential::KeyFile(Key::new([1; 32]))
}

fn sheet() -> Credential {
    Credential::RecoverySheet(Key::new([2; 32]))
}

fn about(label: &str) -> SlotAbout {
    SlotAbout { host: "ark".to_owned(), user: "noah".to_owned(), label: Some(label.to_owned()) }
}

fn add(repository: &Repository, credential: &Credential) -> SlotInfo {
    repository.slots().add(credential, small().kdf, &about("test")).unwrap()
}

fn open(backend: &Arc<Watched>, credential: &Credential) -> Result<Repository, RepositoryError> {
    Repository::open(Arc::clone(backend) as _, credential, environment(9))
}

fn object(slot: &SlotInfo) -> ObjectName {
    ObjectName::new(&format!("keys/{}", slot.id)).unwrap()
}

/// The slot with one byte of its commitment altered, so that it is locked for ever, or of its CBOR, so that it is none.
fn damage(backend: &dyn Backend, name: &ObjectName, place: usize) {
    let mut bytes = backend.get(name, u64::MAX).unwrap();
    bytes[place] ^= 0x10;
    backend.delete(name).unwrap();
    backend.put(name, &bytes).unwrap();
}

#[test]
fn every_credential_opens_the_same_repository() {
    let (watched, repository) = new(1);
    add(&repository, &key_file());
    add(&repository, &sheet());
    for (credential, kind) in [
        (password(), SlotKind::Password),
        (key_file(), SlotKind::KeyFile),
        (sheet(), SlotKind::RecoverySheet),
    ] {
        let opened = open(&watched, &credential).unwrap();
        assert_eq!(opened.config(), repository.config());
        let list = opened.slots().list().unwrap();
        assert!(list.faults.is_empty() && list.slots.len() == 3);
        let current: Vec<_> = list.slots.iter().filter(|slot| slot.current).collect();
        assert_eq!(current.iter().map(|slot| slot.kind).collect::<Vec<_>>(), [kind]);
    }
    // The key of a sheet is not one of a key file, even when it is the same.
    let swapped = open(&watched, &Credential::KeyFile(Key::new([2; 32])));
    assert!(matches!(swapped, Err(RepositoryError::WrongKey)));
}

#[test]
fn who_made_a_slot_is_told_to_those_who_open_one_and_not_to_the_storage() {
    let (watched, repository) = new(2);
    let added = repository.slots().add(&sheet(), small().kdf, &about("in the drawer")).unwrap();
    assert_eq!(added.about, about("in the drawer"));
    let list = open(&watched, &password()).unwrap().slots().list().unwrap();
    assert!(list.slots.iter().any(|slot| slot.about == added.about && slot.id == added.id));
    let stored = watched.get(&object(&added), u64::MAX).unwrap();
    for word in ["ark", "noah", "drawer"] {
        assert!(!stored.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_removed_slot_opens_no_more() {
    let (watched, repository) = new(3);
    let added = add(&repository, &key_file());
    let removed = repository.slots().remove(&added.id.to_string()[..6]).unwrap();
    assert_eq!(removed, added.id.to_string());
    assert!(matches!(open(&watched, &key_file()), Err(RepositoryError::WrongKey)));
    assert!(open(&watched, &password()).is_ok());
}

#[test]
fn the_slot_in_use_stays() {
    let (watched, repository) = new(4);
    let own = repository.slots().list().unwrap().slots[0].id.to_string();
    let remove = |repository: &Repository, id: &str| repository.slots().remove(id).unwrap_err();
    assert!(matches!(remove(&repository, &own), RepositoryError::Slot(SlotError::Last(_))));
    add(&repository, &key_file());
    assert!(matches!(remove(&repository, &own), RepositoryError::Slot(SlotError::InUse(_))));
    assert!(matches!(remove(&repository, "x"), RepositoryError::Slot(SlotError::Unknown(_))));
    assert!(matches!(remove(&repository, ""), RepositoryError::Slot(SlotError::Ambiguous(_))));
    assert_eq!(names(&*watched, "keys/").len(), 2);
    open(&watched, &key_file()).unwrap().slots().remove(&own).unwrap();
    assert!(matches!(open(&watched, &password()), Err(RepositoryError::WrongKey)));
}

#[test]
fn replacing_takes_the_old_one_away_last() {
    let (watched, repository) = new(5);
    let other = Credential::password(b"other".to_vec());
    let added = repository.slots().replace_current(&other, small().kdf, &about("new")).unwrap();
    assert_eq!(names(&*watched, "keys/"), [format!("keys/{}", added.id)]);
    assert!(matches!(open(&watched, &password()), Err(RepositoryError::WrongKey)));
    assert!(open(&watched, &other).unwrap().read_log().is_ok());

    let (watched, repository) = new(5);
    *watched.full.lock().unwrap() = Some("keys/");
    let refused = repository.slots().replace_current(&other, small().kdf, &about("new"));
    assert!(refused.unwrap_err().is_full());
    assert!(open(&watched, &password()).is_ok());
}

#[test]
fn there_are_only_as_many_as_readers_try() {
    let (watched, repository) = new(6);
    for _ in 1..16 {
        add(&repository, &key_file());
    }
    let refused = repository.slots().add(&sheet(), small().kdf, &about("one more"));
    assert!(matches!(refused, Err(RepositoryError::Slot(SlotError::TooMany))));
    assert_eq!(names(&*watched, "keys/").len(), 16);
    assert!(open(&watched, &password()).is_ok());
}

#[test]
fn a_slot_that_cannot_be_read_does_not_stop_the_others() {
    // Place 1 is the number of a field, 2 the version: 0x11 is newer.
    for (place, newer) in [(1, false), (2, true)] {
        let (watched, repository) = new(7);
        let broken = add(&repository, &key_file());
        damage(&*watched, &object(&broken), place);
        let opened = open(&watched, &password()).unwrap();
        let list = opened.slots().list().unwrap();
        assert_eq!((list.slots.len(), list.faults.len()), (1, 1));
        assert_eq!(list.faults[0].1.is_newer(), newer);
        let found = opened.check_keys().unwrap();
        assert!(matches!(&found[..], [(_, error)] if error.is_newer() == newer), "{found:?}");
        // Whose slot it is cannot be known.
        let closed = open(&watched, &key_file()).unwrap_err();
        assert!(matches!(closed, RepositoryError::Slot(SlotError::Unread(..))), "{closed}");
        let removed = opened.slots().remove(&broken.id.to_string());
        match newer {
            true => assert!(matches!(removed, Err(RepositoryError::Newer { .. }))),
            false => assert_eq!(removed.unwrap(), broken.id.to_string()),
        }
    }
}

#[test]
fn an_object_too_large_for_a_slot_is_damage_and_can_be_removed() {
    let (watched, _) = new(8);
    let name = format!("keys/{}", "0".repeat(32));
    watched.put(&ObjectName::new(&name).unwrap(), &vec![0; 100_000]).unwrap();
    let opened = open(&watched, &password()).unwrap();
    assert_eq!(opened.slots().list().unwrap().faults.len(), 1);
    opened.slots().remove("00000000").unwrap();
    assert_eq!(names(&*watched, "keys/").len(), 1);
}

#[test]
fn words_about_a_slot_that_do_not_open_lock_nobody_out() {
    let (watched, repository) = new(9);
    let added = add(&repository, &key_file());
    let end = watched.get(&object(&added), u64::MAX).unwrap().len() - 1;
    damage(&*watched, &object(&added), end);
    let opened = open(&watched, &key_file()).unwrap();
    assert_eq!(opened.check_keys().unwrap().len(), 1);
}

type Deed = Box<dyn FnOnce(&MemoryBackend) + Send>;

/// A storage where somebody else does something at the worst moment, or which gives back other bytes than were put.
#[derive(Default)]
struct Rival {
    inner: MemoryBackend,
    after_list: Mutex<Option<Deed>>,
    after_delete: Mutex<Option<Deed>>,
    alters_slots: bool,
    /// What is read of this object is wrong once, after so many times.
    misread: Mutex<Option<(ObjectName, u32)>>,
}

impl fmt::Debug for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rival")
    }
}

impl Rival {
    fn act(&self, deed: &Mutex<Option<Deed>>) {
        if let Some(deed) = deed.lock().unwrap().take() {
            deed(&self.inner);
        }
    }
}

impl Backend for Rival {
    fn put(&self, name: &ObjectName, bytes: &[u8]) -> Result<(), BackendError> {
        let mut bytes = bytes.to_vec();
        if self.alters_slots && name.as_str().starts_with("keys/") {
            bytes[100] ^= 1;
        }
        self.inner.put(name, &bytes)
    }

    fn get(&self, name: &ObjectName, limit: u64) -> Result<Vec<u8>, BackendError> {
        let mut bytes = self.inner.get(name, limit)?;
        let mut misread = self.misread.lock().unwrap();
        if let Some((_, left)) = misread.as_mut().filter(|(wrong, _)| wrong == name) {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => {
                    *misread = None;
                    bytes[100] ^= 1;
                }
            }
        }
        Ok(bytes)
    }

    fn get_range(&self, _: &ObjectName, _: u64, _: &mut [u8]) -> Result<(), BackendError> {
        Err(BackendError::new(ErrorKind::Unsupported, "read", "a part of a slot"))
    }

    fn stat(&self, name: &ObjectName) -> Result<ObjectInfo, BackendError> {
        self.inner.stat(name)
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(ObjectInfo)) -> Result<(), BackendError> {
        self.inner.list(prefix, visit)?;
        if prefix == "keys/" {
            self.act(&self.after_list);
        }
        Ok(())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), BackendError> {
        self.inner.delete(name)?;
        self.act(&self.after_delete);
        Ok(())
    }

    fn location(&self) -> String {
        "memory".into()
    }
}

/// A copy of all objects, with a rival.
fn with_rival(backend: &dyn Backend) -> Arc<Rival> {
    let rival = Rival::default();
    for name in names(backend, "") {
        let name = ObjectName::new(&name).unwrap();
        rival.inner.put(&name, &backend.get(&name, u64::MAX).unwrap()).unwrap();
    }
    Arc::new(rival)
}

#[test]
fn of_two_who_remove_each_other_one_notices() {
    let (watched, repository) = new(10);
    let added = add(&repository, &key_file());
    let own = repository.slots().list().unwrap().slots.into_iter().find(|slot| slot.current).unwrap();
    let rival = with_rival(&*watched);
    let opened = Repository::open(Arc::clone(&rival) as _, &password(), environment(3)).unwrap();
    // The rival's removal of our slot comes right behind ours of theirs.
    let ours = object(&own);
    *rival.after_delete.lock().unwrap() = Some(Box::new(move |backend| backend.delete(&ours).unwrap()));
    let refused = opened.slots().remove(&added.id.to_string()).unwrap_err();
    assert!(matches!(refused, RepositoryError::Slot(SlotError::Contended)), "{refused}");
    assert_eq!(names(&*rival, "keys/"), [object(&added).to_string()], "what was removed is back");
    // Whoever knows that the own slot is gone removes nothing.
    let refused = opened.slots().remove(&added.id.to_string()).unwrap_err();
    assert!(matches!(refused, RepositoryError::Slot(SlotError::Contended)), "{refused}");
    Repository::open(rival, &key_file(), environment(3)).unwrap();
}

#[test]
fn a_slot_that_somebody_puts_back_is_not_said_to_be_removed() {
    let (watched, repository) = new(15);
    let added = object(&add(&repository, &key_file()));
    let rival = with_rival(&*watched);
    let opened = Repository::open(Arc::clone(&rival) as _, &password(), environment(3)).unwrap();
    let bytes = watched.get(&added, u64::MAX).unwrap();
    let id = added.as_str().trim_start_matches("keys/").to_owned();
    *rival.after_delete.lock().unwrap() = Some(Box::new(move |backend| backend.put(&added, &bytes).unwrap()));
    let refused = opened.slots().remove(&id).unwrap_err();
    assert!(matches!(refused, RepositoryError::Slot(SlotError::Contended)), "{refused}");
    Repository::open(rival, &key_file(), environment(3)).unwrap();
}

#[test]
fn what_was_read_wrongly_is_never_put_back() {
    for before in 1..3 {
        let (watched, repository) = new(14);
        let added = add(&repository, &key_file());
        let own = repository.slots().current().unwrap();
        let rival = with_rival(&*watched);
        let opened = Repository::open(Arc::clone(&rival) as _, &password(), environment(3)).unwrap();
        *rival.misread.lock().unwrap() = Some((object(&added), before));
        let ours = object(&own);
        *rival.after_delete.lock().unwrap() = Some(Box::new(move |backend| backend.delete(&ours).unwrap()));
        let refused = opened.slots().remove(&added.id.to_string()).unwrap_err();
        assert!(refused.is_damage(), "{refused}");
        assert_eq!(names(&*rival, "keys/").len(), 2, "nothing was removed");
        Repository::open(rival, &key_file(), environment(3)).unwrap();
    }
}

#[test]
fn two_who_remove_each_other_at_once_leave_a_way_in() {
    for round in 0..50 {
        let (watched, ours) = new(100 + round);
        let added = add(&ours, &key_file());
        let own = ours.slots().list().unwrap().slots.into_iter().find(|slot| slot.current).unwrap();
        let theirs = open(&watched, &key_file()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| drop(ours.slots().remove(&added.id.to_string())));
            scope.spawn(|| drop(theirs.slots().remove(&own.id.to_string())));
        });
        assert!(open(&watched, &password()).is_ok() || open(&watched, &key_file()).is_ok(), "round {round}");
    }
}

#[test]
fn slots_that_are_replaced_while_they_are_read_are_read_again() {
    let (watched, repository) = new(11);
    let rival = with_rival(&*watched);
    let own = object(&repository.slots().list().unwrap().slots[0]);
    let added = add(&repository, &password());
    let bytes = watched.get(&object(&added), u64::MAX).unwrap();
    // The listing knows the old slot only.
    *rival.after_list.lock().unwrap() = Some(Box::new(move |backend| {
        backend.put(&object(&added), &bytes).unwrap();
        backend.delete(&own).unwrap();
    }));
    Repository::open(rival, &password(), environment(3)).unwrap();
}

#[test]
fn two_who_add_the_last_slot_leave_no_more_than_readers_try() {
    let (watched, repository) = new(13);
    for _ in 2..16 {
        add(&repository, &key_file());
    }
    let rival = with_rival(&*watched);
    let opened = Repository::open(Arc::clone(&rival) as _, &password(), environment(3)).unwrap();
    let added = add(&repository, &key_file());
    let bytes = watched.get(&object(&added), u64::MAX).unwrap();
    *rival.after_list.lock().unwrap() =
        Some(Box::new(move |backend| backend.put(&object(&added), &bytes).unwrap()));
    let refused = opened.slots().add(&sheet(), small().kdf, &about("one more")).unwrap_err();
    assert!(matches!(refused, RepositoryError::Slot(SlotError::TooMany)), "{refused}");
    assert_eq!(names(&*rival, "keys/").len(), 16);
}

#[test]
fn a_slot_that_does_not_open_again_is_not_left() {
    let (watched, _) = new(12);
    let rival = Arc::try_unwrap(with_rival(&*watched)).unwrap();
    let rival = Arc::new(Rival { alters_slots: true, ..rival });
    let opened = Repository::open(Arc::clone(&rival) as _, &password(), environment(3)).unwrap();
    let before = names(&*rival, "keys/");
    assert!(opened.slots().add(&sheet(), small().kdf, &about("altered")).is_err());
    assert_eq!(names(&*rival, "keys/"), before);
    assert!(before.iter().all(|name| {
        let name = ObjectName::new(name).unwrap();
        Slot::decode(&rival.get(&name, u64::MAX).unwrap()).is_ok()
    }));
}

#[test]
fn of_two_who_change_the_password_at_once_the_slower_changes_nothing() {
    let (watched, first) = new(30);
    let second = open(&watched, &password()).unwrap();
    let (one, other) =
        (Credential::Password(b"one".to_vec().into()), Credential::Password(b"other".to_vec().into()));
    first.slots().replace_current(&one, small().kdf, &about("first")).unwrap();
    let refused = second.slots().replace_current(&other, small().kdf, &about("second")).unwrap_err();
    assert!(matches!(refused, RepositoryError::Slot(SlotError::Contended)), "{refused}");
    assert!(open(&watched, &one).is_ok());
    for credential in [password(), other] {
        assert!(matches!(open(&watched, &credential), Err(RepositoryError::WrongKey)));
    }
}
