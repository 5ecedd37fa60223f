//! One flipped byte anywhere in what is stored is noticed, named, and harms nothing but what it hits.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::world::{World, below};
use crate::store::on_disk;

/// Lengths of the first and the last record of a pack (docs/format.md, "Packs").
const HEADER: usize = 192;
const TRAILER: usize = 64;

#[test]
fn a_flipped_byte_in_any_region_of_a_pack_is_found() {
    let world = World::without_parity().saved();
    for pack in world.store.names("packs/") {
        let sound = world.store.read(&pack);
        let end = sound.len();
        let places =
            [0, 9, 40, 100, HEADER, HEADER + 40, (HEADER + end - TRAILER) / 2, end - TRAILER - 1, end - 1];
        for place in places {
            world.store.flip(&pack, place);
            let ended = world.run(&["verify", "--read-data"]).fails(4, "the repository is damaged");
            assert!(ended.err.contains(leaf(&pack)), "byte {place} of {end}: {}", ended.err);
            assert_restores_or_names(&world, place);
            world.store.write(&pack, &sound);
        }
    }
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn a_damaged_file_is_named_and_the_others_come_back() {
    let world = World::without_parity();
    for seed in 0..6 {
        world.write(format!("files/{seed}"), &lifeboat_testkit::Random::new(seed).bytes(3_000_000));
    }
    world.run(&["backup", "files"]).succeeds();
    let pack = world.store.names("packs/").into_iter().max_by_key(|pack| world.store.length(pack)).unwrap();
    world.store.flip(&pack, world.store.length(&pack) / 2);
    let ended = world.run(&["restore", &world.latest("files"), "out"]).fails(4, "stored data is damaged");
    let (damaged, sound): (Vec<u32>, Vec<u32>) =
        (0..6).partition(|seed| !world.path(format!("out/{seed}")).exists());
    // A segment holds the end of one file and the beginning of the next.
    assert!((1..=2).contains(&damaged.len()), "{}", ended.err);
    for seed in damaged {
        let name = world.path(format!("files/{seed}"));
        assert!(ended.err.contains(&format!("error: {}: ", name.display())), "{}", ended.err);
    }
    for seed in sound {
        assert_same(&world.path(format!("files/{seed}")), &world.path(format!("out/{seed}")));
    }
}

#[test]
fn a_missing_pack_is_damage() {
    let world = World::with_snapshot();
    world.store.remove(&world.store.names("packs/")[0]);
    world.run(&["verify"]).fails(4, "the repository is damaged");
}

#[test]
fn a_damaged_config_or_log_is_damage() {
    for folder in ["log", "index"] {
        let world = World::with_snapshot();
        world.store.copies(folder).iter().for_each(|object| world.store.flip(object, 60));
        world.run(&["verify", "--read-data"]).fails(4, "");
    }
    let world = World::with_snapshot();
    world.store.copies("config").iter().for_each(|copy| world.store.write(copy, b"nonsense"));
    world.run(&["snapshots"]).fails(4, "config is damaged");
}

#[test]
fn what_bears_the_name_of_an_object_and_is_none_is_damage_of_it() {
    if !on_disk("what is put in the place of files are other things than files") {
        return;
    }
    let make = |path: &Path, kind| mknodat(CWD, path, kind, Mode::RWXU, 0).unwrap();
    let world = World::with_snapshot();
    let check = |object: &Path, plant: &dyn Fn(&Path)| {
        let aside = world.path("aside");
        fs::rename(object, &aside).unwrap();
        plant(object);
        let ended = world.run(&["verify"]).fails(4, "");
        let name = object.file_name().unwrap().to_str().unwrap();
        assert!(ended.err.contains(name), "{}: {}", object.display(), ended.err);
        fs::rename(object, world.path("planted")).unwrap();
        fs::rename(aside, object).unwrap();
    };
    for object in files(&world.path("repo")) {
        check(&object, &|path| make(path, FileType::Fifo));
        check(&object, &|path| make(path, FileType::Socket));
        check(&object, &|path| symlink(world.path("files/one"), path).unwrap());
    }
    fs::remove_file(world.path("planted")).unwrap();
    // Elsewhere a directory is no object, but a folder of them.
    for folder in ["repo/packs", "repo/index"] {
        for object in files(&world.path(folder)) {
            check(&object, &|path| fs::create_dir(path).unwrap());
        }
    }
    check(&world.path("repo/config"), &|path| fs::create_dir(path).unwrap());
    world.run(&["verify", "--read-data"]).succeeds();
}

#[test]
fn an_object_that_may_not_be_read_is_named_but_not_damaged() {
    if !on_disk("permissions are those of files") {
        return;
    }
    let world = World::with_snapshot();
    for folder in ["repo/packs", "repo/index", "repo/log"] {
        let object = files(&world.path(folder)).pop().unwrap();
        fs::set_permissions(&object, fs::Permissions::from_mode(0o000)).unwrap();
        let name = object.file_name().unwrap().to_str().unwrap();
        world.run_without_root(&["verify", "--read-data"]).fails(1, name);
        fs::set_permissions(&object, fs::Permissions::from_mode(0o600)).unwrap();
    }
    world.run_again_without_root(&["verify", "--read-data"]).succeeds();
}

/// A restore brings files back whole or says that it did not; what is not read cannot harm it.
fn assert_restores_or_names(world: &World, place: usize) {
    let ended = world.run(&["restore", &world.latest("files"), "out"]);
    assert!(ended.code == 4 || ended.code == 0, "byte {place}: {}", ended.err);
    if ended.code == 4 {
        assert!(ended.err.contains("\nhint: "), "byte {place}: {}", ended.err);
    }
    for name in ["one", "sub/two", "sub/three"] {
        let restored = world.path("out").join(name);
        if restored.exists() {
            assert_same(&world.path("files").join(name), &restored);
        } else {
            assert_eq!(ended.code, 4, "byte {place}: {name} is missing and nobody says so");
        }
    }
    drop(fs::remove_dir_all(world.path("out")));
}

pub(crate) fn assert_same(saved: &Path, restored: &Path) {
    assert!(fs::read(saved).unwrap() == fs::read(restored).unwrap(), "{} differs", restored.display());
}

pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    below(directory).into_iter().filter(|path| path.is_file()).collect()
}

/// The last component of a name.
pub(super) fn leaf(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

/// The name of a pack of this kind (docs/format.md, "Packs").
fn pack_of_kind(world: &World, kind: u8) -> String {
    world.store.names("packs/").into_iter().find(|pack| world.store.read(pack)[10] == kind).unwrap()
}

#[test]
fn what_a_backup_finds_damaged_it_stores_anew() {
    let world = World::without_parity().saved();
    world.store.change(&pack_of_kind(&world, 2), |bytes| {
        let end = bytes.len() - TRAILER;
        bytes[HEADER..end].fill(0);
    });
    world.run(&["backup", "files"]).fails(4, "stored data is damaged");
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_same(&world.path("files/sub/two"), &world.path("out/sub/two"));
    world.run(&["backup", "files"]).succeeds();
}

#[test]
fn a_forged_entry_stops_nobody_and_is_told_by_everybody() {
    let world = World::with_snapshot();
    let entry = world.store.names("log/").remove(0);
    let (folder, name) = entry.rsplit_once('/').unwrap();
    let renamed = format!("{folder}/00{}", &name[2..]);
    assert!(!world.store.has(&renamed));
    world.store.write(&renamed, &world.store.read(&entry));
    for arguments in [&["snapshots"][..], &["backup", "files"], &["restore", &world.latest("files"), "out"]] {
        let ended = world.run(arguments);
        assert_eq!(ended.code, 14, "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(leaf(&renamed)), "{}", ended.err);
    }
    assert_same(&world.path("files/one"), &world.path("out/one"));
    world.store.remove(&renamed);
    world.run(&["verify"]).succeeds();
}

/// What has another length than it was stored with is not what was stored.
#[test]
fn a_pack_that_has_grown_is_not_relied_on() {
    let world = World::without_parity().saved();
    world.store.change(&pack_of_kind(&world, 1), |bytes| {
        bytes.resize(bytes.len() + 10, 0);
        bytes[HEADER..].fill(0);
    });
    let ended = world.run(&["backup", "files"]).succeeds();
    assert!(ended.err.contains("packs are missing or not as long as they were: 1"), "{}", ended.err);
    world.run(&["restore", &world.latest("files"), "out"]).succeeds();
    assert_same(&world.path("files/sub/two"), &world.path("out/sub/two"));
}
