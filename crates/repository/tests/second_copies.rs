//! Either copy of any control object may vanish or be damaged, and nobody gets less than was reported.

use crate::world::{
    Watched, impatient, make_doubled, names, new, new_doubled, password, small, snapshot, writer,
};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{
    Credential, Key, Repository, RepositoryError, Session, SlotAbout, SlotInfo, Workers,
};
use lifeboat_testkit::Random;
use std::collections::BTreeSet;
use std::sync::Arc;

const FOLDERS: [&str; 4] = ["keys", "keyring", "log", "index"];

pub(crate) fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

/// The control objects by their first names, and those of their second copies.
fn doubled(watched: &Watched) -> Vec<[ObjectName; 2]> {
    let firsts = names(watched, "").into_iter().filter_map(|first| {
        let (folder, rest) = first.split_once('/').unwrap_or((&first, ""));
        match folder {
            "config" => Some([name(&first), name("config2")]),
            _ => FOLDERS.contains(&folder).then(|| [name(&first), name(&format!("{folder}2/{rest}"))]),
        }
    });
    firsts.collect()
}

fn is_second(text: &str) -> bool {
    let folder = text.split('/').next().unwrap();
    folder == "config2" || FOLDERS.iter().any(|known| folder == format!("{known}2"))
}

pub(crate) fn replace(backend: &dyn Backend, name: &ObjectName, bytes: Option<&[u8]>) {
    drop(backend.delete(name));
    if let Some(bytes) = bytes {
        backend.put(name, bytes).unwrap();
    }
}

pub(crate) fn open(watched: &Arc<Watched>, credential: &Credential) -> Result<Repository, RepositoryError> {
    Repository::open(Arc::clone(watched) as _, credential, impatient(77))
}

pub(crate) fn key_file() -> Credential {
    Credential::KeyFile(Key::new([1; 32]))
}

pub(crate) fn add(repository: &Repository, credential: &Credential) -> Result<SlotInfo, RepositoryError> {
    repository.slots().add(credential, small().kdf, &SlotAbout::default())
}

/// A backup of one blob.
fn commit(repository: &Repository, bytes: &[u8]) -> Result<BlobId, RepositoryError> {
    let session = Session::start(repository)?;
    let mut writer = writer(repository, &session, Workers::inline());
    let blob = writer.put(Role::Data, bytes)?;
    let flushed = writer.finish()?;
    let id = session.snapshot();
    crate::world::commit(session, &snapshot(id), flushed)?;
    Ok(blob)
}

/// Opens and reads all, and gives the names of what was read from second copies and of the copies that are not sound.
fn use_all(watched: &Arc<Watched>, snapshots: usize) -> (BTreeSet<String>, Vec<String>) {
    let repository = open(watched, &password()).unwrap();
    let reading = repository.read_log().unwrap();
    assert!(reading.faults().is_empty(), "{:?}", reading.faults());
    let view = repository.view(&reading).unwrap();
    assert_eq!(view.snapshots().len(), snapshots);
    assert!(repository.load_index(&view).unwrap().faults().is_empty());
    let replaced = repository.take_replaced().into_iter().map(|fault| fault.object).collect();
    assert!(repository.take_replaced().is_empty(), "each is told once");
    let list = repository.slots().list().unwrap();
    assert!(!list.slots.is_empty() && list.faults.is_empty(), "{list:?}");
    assert!(repository.check_keys().unwrap().is_empty());
    let faults = repository.check_copies::<RepositoryError>(&view, || Ok(())).unwrap();
    (replaced, faults.into_iter().map(|fault| fault.object).collect())
}

#[test]
fn everything_is_stored_twice_the_second_copy_first() {
    let (watched, repository) = new_doubled(1);
    commit(&repository, b"blob").unwrap();
    let puts = watched.puts.lock().unwrap().clone();
    let objects = doubled(&watched);
    assert_eq!(objects.len(), 1 + 1 + 5 + 2 + 1, "config, slot, keyring, genesis and commit, index");
    for [first, second] in &objects {
        let bytes = [first, second].map(|copy| watched.get(copy, u64::MAX).unwrap());
        assert!(bytes[0] == bytes[1], "{first}");
        let place = |copy: &ObjectName| puts.iter().position(|put| *put == copy.as_str()).unwrap();
        assert_eq!(place(second) + 1, place(first), "{first}");
    }
    let (replaced, faults) = use_all(&watched, 1);
    assert!(replaced.is_empty() && faults.is_empty());
}

#[test]
fn without_second_copies_their_names_are_never_touched() {
    let (watched, repository) = new(2);
    commit(&repository, b"blob").unwrap();
    let opened = open(&watched, &password()).unwrap();
    let added = add(&opened, &key_file()).unwrap();
    opened.slots().remove(&added.id.to_string()).unwrap();
    let view = opened.view(&opened.read_log().unwrap()).unwrap();
    assert!(opened.check_copies::<RepositoryError>(&view, || Ok(())).unwrap().is_empty());
    let asked = watched.asked.lock().unwrap();
    let second: Vec<_> = asked.iter().filter(|text| is_second(text)).collect();
    assert!(asked.len() > 40 && second.is_empty(), "{second:?}");
}

#[test]
fn whatever_happens_to_one_copy_the_other_is_used() {
    let (watched, repository) = new_doubled(3);
    commit(&repository, b"blob").unwrap();
    for copies in doubled(&watched) {
        let sound = watched.get(&copies[0], u64::MAX).unwrap();
        let (mut flipped, half) = (sound.clone(), &sound[..sound.len() / 2]);
        flipped[sound.len() / 3] ^= 4;
        for (which, copy) in copies.iter().enumerate() {
            for harm in [None, Some(&flipped[..]), Some(half), Some(&[][..])] {
                replace(&*watched, copy, harm);
                let (replaced, faults) = use_all(&watched, 1);
                // Only the object itself has to be replaced.
                let expected = if which == 0 { vec![copies[0].to_string()] } else { Vec::new() };
                assert_eq!(replaced.into_iter().collect::<Vec<_>>(), expected, "{copy}");
                assert_eq!(faults.len(), 1, "{faults:?}");
                assert!(faults[0] == copy.as_str() || faults[0] == copies[0].as_str(), "{copy}: {faults:?}");
                Session::start(&open(&watched, &password()).unwrap()).unwrap();
                replace(&*watched, copy, Some(&sound));
            }
        }
    }
    let (replaced, faults) = use_all(&watched, 1);
    assert!(replaced.is_empty() && faults.is_empty());
}

#[test]
fn a_flipped_bit_anywhere_in_the_config_is_healed_by_its_second_copy() {
    let (watched, made) = new_doubled(4);
    let sound = watched.get(&name("config"), u64::MAX).unwrap();
    for bit in 0..8 * sound.len() {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        replace(&*watched, &name("config"), Some(&flipped));
        let repository = open(&watched, &password()).unwrap();
        assert_eq!(repository.config(), made.config(), "bit {bit}");
        repository.read_log().unwrap();
        let replaced: Vec<_> = repository.take_replaced().into_iter().map(|fault| fault.object).collect();
        assert_eq!(replaced, ["config"], "bit {bit}");
    }
    replace(&*watched, &name("config"), Some(&sound));
    // The second copy decides nothing where the object is the one that the log binds.
    let mut other = made.config().clone();
    other.pack *= 2;
    replace(&*watched, &name("config2"), Some(&other.encode()));
    let repository = open(&watched, &password()).unwrap();
    assert_eq!(repository.config(), made.config());
    assert!(repository.take_replaced().is_empty());
}

#[test]
fn one_copy_of_everything_may_be_gone_at_once() {
    for seed in 0..20 {
        let (watched, repository) = new_doubled(100 + seed);
        let mut blobs = Vec::new();
        for number in 0..3 {
            blobs.push((commit(&repository, &[number; 100]).unwrap(), [number; 100]));
        }
        add(&repository, &key_file()).unwrap();
        let (mut random, mut gone) = (Random::new(seed), BTreeSet::new());
        for copies in doubled(&watched) {
            let copy = &copies[random.index(2)];
            watched.delete(copy).unwrap();
            gone.insert(copy.to_string());
        }
        let (replaced, faults) = use_all(&watched, 3);
        assert!(replaced.is_subset(&gone), "seed {seed}");
        assert_eq!(faults.into_iter().collect::<BTreeSet<_>>(), gone, "seed {seed}");
        for credential in [password(), key_file()] {
            let repository = open(&watched, &credential).unwrap();
            let view = repository.view(&repository.read_log().unwrap()).unwrap();
            let reader = repository.reader(Arc::new(repository.load_index(&view).unwrap()));
            for (blob, bytes) in &blobs {
                assert_eq!(reader.read(Role::Data, blob).unwrap(), bytes);
            }
        }
        commit(&open(&watched, &password()).unwrap(), b"more").unwrap();
    }
}

#[test]
fn a_backup_puts_back_what_lacks_a_copy_whoever_names_it() {
    let (watched, repository) = new_doubled(31);
    commit(&repository, b"named").unwrap();
    let named = name(&names(&*watched, "index/")[0]);
    watched.delete(&named).unwrap();
    *watched.full_once.lock().unwrap() = Some("index/");
    assert!(commit(&repository, b"by nobody").unwrap_err().is_full(), "its second copy is there");
    watched.delete(&name(&names(&*watched, "log/")[0])).unwrap();
    watched.delete(&name("config2")).unwrap();
    watched.delete(&name(&names(&*watched, "keyring/")[0])).unwrap();
    commit(&repository, b"next").unwrap();
    assert_eq!(watched.get(&name("config"), 10_000).unwrap(), watched.get(&name("config2"), 10_000).unwrap());
    for folder in ["log", "index", "keyring"] {
        let first = names(&*watched, &format!("{folder}/"));
        let second = names(&*watched, &format!("{folder}2/"));
        assert_eq!(first, second.iter().map(|name| name.replacen('2', "", 1)).collect::<Vec<_>>());
    }
}

#[test]
fn both_copies_gone_is_what_it_always_was() {
    let (watched, repository) = new_doubled(5);
    commit(&repository, b"one").unwrap();
    commit(&repository, b"two").unwrap();
    let newest = repository.read_log().unwrap().heads()[0].to_string();
    for copies in doubled(&watched) {
        let sound = watched.get(&copies[0], u64::MAX).unwrap();
        copies.iter().for_each(|copy| replace(&*watched, copy, None));
        let used = open(&watched, &password()).and_then(|repository| {
            let view = repository.view(&repository.read_log()?)?;
            let index = repository.load_index(&view)?;
            Ok((view.snapshots().len(), index.faults().len()))
        });
        match used {
            Err(error) => {
                assert!(error.is_damage() || matches!(error, RepositoryError::Tampered(_)), "{error}");
            }
            // Nobody remembers heads; what an entry named has become an orphan.
            Ok((1, 0)) => assert!(copies[0].as_str().ends_with(&newest)),
            Ok((2, 1)) => assert!(copies[0].as_str().starts_with("index/")),
            Ok(other) => panic!("{other:?} without {}", copies[0]),
        }
        copies.iter().for_each(|copy| replace(&*watched, copy, Some(&sound)));
    }
}

#[test]
fn whenever_a_writer_dies_the_next_one_goes_on() {
    for changes in 0.. {
        let (watched, repository) = new_doubled(6);
        commit(&repository, b"before").unwrap();
        *watched.changes_left.lock().unwrap() = Some(changes);
        let ended = commit(&repository, b"torn");
        *watched.changes_left.lock().unwrap() = None;
        let next = open(&watched, &password()).unwrap();
        commit(&next, b"after").unwrap();
        let view = next.view(&next.read_log().unwrap()).unwrap();
        let reader = next.reader(Arc::new(next.load_index(&view).unwrap()));
        // The pack, two copies of its index, two of the entry: with the first of these the commit counts.
        let counts = changes >= 4;
        let faults = next.check_copies::<RepositoryError>(&view, || Ok(())).unwrap();
        assert!(faults.is_empty(), "what was torn is whole: {faults:?}");
        assert_eq!(view.snapshots().len(), if counts { 3 } else { 2 }, "{changes} changes");
        match ended {
            Ok(blob) => {
                assert_eq!(reader.read(Role::Data, &blob).unwrap(), b"torn");
                assert_eq!(changes, 5);
                break;
            }
            Err(_) => assert!(changes < 5),
        }
    }
}

#[test]
fn whenever_an_init_dies_there_is_a_whole_repository_or_none() {
    let (mut unfinished, mut alone) = (0, 0);
    for changes in 0.. {
        let watched = Arc::new(Watched::default());
        *watched.changes_left.lock().unwrap() = Some(changes);
        let ended = make_doubled(&watched, 7);
        *watched.changes_left.lock().unwrap() = None;
        let has_config = ["config", "config2"].map(|config| watched.inner.stat(&name(config)).is_ok());
        if has_config[1] {
            alone += usize::from(!has_config[0]);
            commit(&open(&watched, &password()).unwrap(), b"blob").unwrap();
            let again = make_doubled(&watched, 8);
            assert!(matches!(again, Err(RepositoryError::Exists(_))), "{changes} changes: {again:?}");
        } else if names(&*watched, "").iter().all(|name| name.starts_with("running/init-")) {
            assert!(ended.is_err());
        } else {
            unfinished += 1;
            assert!(
                !lifeboat_repository::is_absent(&*watched).unwrap() || open(&watched, &password()).is_err()
            );
        }
        if ended.is_ok() {
            break;
        }
    }
    assert!(unfinished >= 12 && alone == 1, "{unfinished}, {alone}");
}

#[test]
fn second_copies_alone_are_an_unfinished_init_and_a_second_config_alone_a_repository() {
    let watched = Arc::new(Watched::default());
    watched.put(&name("keys2/0123"), b"x").unwrap();
    assert!(matches!(make_doubled(&watched, 9), Err(RepositoryError::Unfinished(_))));
    let (watched, _) = new_doubled(10);
    watched.delete(&name("config")).unwrap();
    assert!(!lifeboat_repository::is_absent(&*watched).unwrap());
    assert!(matches!(make_doubled(&watched, 11), Err(RepositoryError::Exists(_))));
    watched.delete(&name("config2")).unwrap();
    names(&*watched, "log/").iter().for_each(|entry| watched.delete(&name(entry)).unwrap());
    assert!(open(&watched, &password()).unwrap_err().is_damage(), "its log is there twice");
    // Only second copies say that it is no stranger's.
    watched.put(&name("config"), b"[core]").unwrap();
    for folder in ["keys/", "keyring/"] {
        names(&*watched, folder).iter().for_each(|object| watched.delete(&name(object)).unwrap());
    }
    assert!(open(&watched, &password()).unwrap_err().is_damage());
}

#[test]
fn an_init_without_space_leaves_no_copy_behind() {
    for folder in ["keys/", "keyring/", "log/", "keys2/", "keyring2/", "log2/", "config2"] {
        let watched = Arc::new(Watched::default());
        *watched.full.lock().unwrap() = Some(folder);
        assert!(make_doubled(&watched, 12).unwrap_err().is_full());
        assert_eq!(names(&*watched, ""), Vec::<String>::new(), "full at {folder}");
    }
}
