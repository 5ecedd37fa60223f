//! Either copy of every control object may vanish or be damaged: everybody goes on and says so, and `verify` names it.

use std::fs;
use std::path::{Path, PathBuf};

use lifeboat_testkit::{Random, copy_tree};

use super::damage::{assert_same, files};
use super::world::World;
use crate::store::on_disk;

const FOLDERS: [&str; 4] = ["keys", "keyring", "log", "index"];

/// What becomes of a copy.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Vanishes,
    IsFlipped,
    IsCutShort,
    IsEmpty,
    BecomesDirectory,
}

const HARMS: [Harm; 5] =
    [Harm::Vanishes, Harm::IsFlipped, Harm::IsCutShort, Harm::IsEmpty, Harm::BecomesDirectory];

/// Why nothing of this is tested elsewhere.
const ELSEWHERE: &str = "in a bucket there are no second copies";

/// A control object of the repository and its second copy, or two such folders.
fn both(world: &World, name: &str) -> [PathBuf; 2] {
    let second = match name.split_once('/') {
        Some((folder, rest)) => format!("{folder}2/{rest}"),
        None => format!("{name}2"),
    };
    [name, &second].map(|copy| world.path("repo").join(copy))
}

fn harm(copy: &Path, harm: Harm) {
    let mut bytes = fs::read(copy).unwrap();
    match harm {
        Harm::Vanishes => fs::remove_file(copy).unwrap(),
        Harm::IsFlipped => {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            fs::write(copy, bytes).unwrap();
        }
        Harm::IsCutShort => fs::write(copy, &bytes[..bytes.len() / 2]).unwrap(),
        Harm::IsEmpty => fs::write(copy, b"").unwrap(),
        Harm::BecomesDirectory => {
            fs::remove_file(copy).unwrap();
            fs::create_dir(copy).unwrap();
        }
    }
}

/// Every control object and its second copy.
fn objects(world: &World) -> Vec<[PathBuf; 2]> {
    let names = FOLDERS.iter().flat_map(|folder| files(&world.path("repo").join(folder)));
    let repo = world.path("repo");
    let names = names.map(|path| path.strip_prefix(&repo).unwrap().to_str().unwrap().to_owned());
    names.chain(["config".to_owned()]).map(|name| both(world, &name)).collect()
}

/// The verbs that people need when something broke. Each that reads the object says what it has used in its place.
fn assert_usable(world: &World, name: &str, is_first: bool, what: Harm) {
    let kind = name.split('/').next().unwrap();
    let restore = ["restore", &world.latest("files"), "out"];
    let verbs: [(&[&str], &[&str]); 4] = [
        (&["snapshots"], &["index"]),
        (&["key", "list"], &["index", "log"]),
        (&restore, &[]),
        // A backup puts back what is missing, but for key slots.
        (
            &["backup", "files"],
            match what {
                Harm::Vanishes => &["config", "keyring", "log", "index"],
                _ => &[],
            },
        ),
    ];
    for (verb, unread_by) in verbs {
        let ended = world.run(verb).succeeds();
        let warned = ended.err.contains("warning: ");
        let named = ended.err.contains(&format!("warning: {name} is "))
            && ended.err.contains("; its second copy was used: lifeboat verify tells more (mendable)");
        assert_eq!(
            ended.err.matches("its second copy was used").count(),
            usize::from(named),
            "{}",
            ended.err
        );
        assert_eq!(
            (warned, named),
            [is_first && !unread_by.contains(&kind); 2].into(),
            "{verb:?}: {}",
            ended.err
        );
    }
    assert_restored(world);
}

fn assert_restored(world: &World) {
    for name in ["one", "sub/two", "sub/three"] {
        assert_same(&world.path("files").join(name), &world.path("out").join(name));
    }
    fs::remove_dir_all(world.path("out")).unwrap();
}

fn one_copy_is_harmed(which: usize) {
    if !on_disk(ELSEWHERE) {
        return;
    }
    let world = World::with_snapshot();
    copy_tree(&world.path("repo"), &world.path("sound"));
    // Of the keyring one object stands for all.
    let mut objects = objects(&world);
    objects.sort();
    objects.dedup_by_key(|copies| copies[0].parent().unwrap().to_owned().join(is_log(&copies[0])));
    assert_eq!(objects.len(), 6, "config, slot, one of the keys, two entries, one of the index: {objects:?}");
    for copies in objects {
        let name = copies[0].strip_prefix(world.path("repo")).unwrap().to_str().unwrap().to_owned();
        for what in HARMS {
            harm(&copies[which], what);
            let leaf = name.rsplit('/').next().unwrap();
            let found = world.run(&["verify", "--read-data"]).fails(4, "all of it can be mended: 1 problem");
            assert!(
                found.err.contains(leaf) && found.err.contains(" (mendable)\n"),
                "{what:?}: {}",
                found.err
            );
            assert_usable(&world, &name, which == 0, what);
            fs::remove_dir_all(world.path("repo")).unwrap();
            copy_tree(&world.path("sound"), &world.path("repo"));
        }
    }
}

/// Entries of the log are different things, so each is tried.
fn is_log(path: &Path) -> &str {
    let is_log = path.parent().unwrap().ends_with("log/0");
    if is_log { path.file_name().unwrap().to_str().unwrap() } else { "" }
}

#[test]
fn no_verb_minds_the_loss_of_an_object_that_has_a_second_copy() {
    one_copy_is_harmed(0);
}

#[test]
fn no_verb_minds_the_loss_of_a_second_copy() {
    one_copy_is_harmed(1);
}

#[test]
fn one_copy_of_every_object_may_be_gone_at_once() {
    if !on_disk(ELSEWHERE) {
        return;
    }
    for seed in 0..4 {
        let world = World::with_snapshot();
        world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
        let (mut random, objects) = (Random::new(seed), objects(&world));
        for copies in &objects {
            fs::remove_file(&copies[random.index(2)]).unwrap();
        }
        let found = world.run(&["verify", "--json"]);
        assert_eq!(found.code, 4, "seed {seed}: {}", found.err);
        let mendable = found.json_talk().iter().filter(|line| line["mendable"] == true).count();
        assert_eq!(mendable, objects.len(), "seed {seed}: {}", found.err);
        assert_eq!(found.json_lines().last().unwrap()["num_errors"], objects.len());
        world.run(&["restore", &world.latest("files"), "out"]).succeeds();
        assert_restored(&world);
        world.run(&["backup", "files"]).succeeds();
        world.run(&["key", "list"]).succeeds();
    }
}

#[test]
fn a_whole_folder_may_be_gone() {
    if !on_disk(ELSEWHERE) {
        return;
    }
    for folder in FOLDERS {
        for lost in both(&World::with_snapshot(), folder).map(|path| path.file_name().unwrap().to_owned()) {
            let world = World::with_snapshot();
            fs::remove_dir_all(world.path("repo").join(&lost)).unwrap();
            world.run(&["restore", &world.latest("files"), "out"]).succeeds();
            assert_restored(&world);
            world.run(&["backup", "files"]).succeeds();
        }
    }
}

#[test]
fn keys_are_changed_while_a_copy_of_each_is_damaged() {
    if !on_disk(ELSEWHERE) {
        return;
    }
    for (which, what) in
        [(0, Harm::Vanishes), (0, Harm::IsFlipped), (0, Harm::BecomesDirectory), (1, Harm::IsEmpty)]
    {
        let world = World::with_snapshot();
        world.run(&["key", "add", "--new-key-file", "key"]).succeeds();
        for slot in files(&world.path("repo/keys")) {
            let name = format!("keys/{}", slot.file_name().unwrap().to_str().unwrap());
            harm(&both(&world, &name)[which], what);
        }
        let listed = world.run(&["key", "list", "--json"]).succeeds().json();
        assert_eq!(listed.as_array().unwrap().len(), 2, "{what:?}");
        let key = listed.as_array().unwrap().iter().find(|key| key["kind"] == "key_file").unwrap();
        world.run(&["key", "add", "--recovery-sheet", "sheet"]).succeeds();
        world.run(&["key", "remove", key["id"].as_str().unwrap()]).succeeds();
        let no_password = ("LIFEBOAT_PASSWORD", "");
        let removed = world.run_with(&[no_password, ("LIFEBOAT_KEY_FILE", "key")], &["snapshots"]);
        removed.fails(12, "wrong password");
        world.write("new", b"another one");
        world.run(&["key", "passwd", "--new-password-file", "new"]).succeeds();
        world.run(&["snapshots"]).fails(12, "wrong password");
        let changed = [no_password, ("LIFEBOAT_PASSWORD_FILE", "new")];
        world.run_with(&changed, &["snapshots"]).succeeds();
        world.run_with(&changed, &["verify"]).succeeds();
    }
}

#[test]
fn a_warning_is_heard_in_quiet_and_in_json() {
    if !on_disk(ELSEWHERE) {
        return;
    }
    let world = World::with_snapshot();
    fs::write(world.path("repo/config"), b"").unwrap();
    let quiet = world.run(&["backup", "-q", "files"]).succeeds();
    let warning =
        "warning: config is damaged; its second copy was used: lifeboat verify tells more (mendable)\n";
    assert_eq!(quiet.err, warning);
    let json = world.run(&["backup", "--json", "files"]).succeeds();
    let talk = json.json_talk();
    let said: Vec<_> = talk.iter().filter(|line| line["message_type"] == "error").collect();
    assert_eq!(said.len(), 1, "{}", json.err);
    assert_eq!((&said[0]["item"], &said[0]["mendable"]), (&"config".into(), &true.into()));
    assert_eq!(json.json_lines().last().unwrap()["errors"], 1);
}
