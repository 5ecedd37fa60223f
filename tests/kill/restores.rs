//! Restores that are killed: a file that has its name is whole, and the next one into the same directory completes it.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use lifeboat_testkit::{Random, TreeSpec, copy_tree, make_tree, needs, rsync_differences};

use super::killer::{Killer, RESTORE};
use super::world::World;

/// What is given a name of this kind is not restored yet.
const INCOMPLETE: &str = ".lifeboat-restore-";

#[test]
fn no_killed_restore_leaves_a_part_of_a_file_and_the_next_completes_it() {
    if !needs("rsync") {
        return;
    }
    let world = World::keeping();
    write_versions(&world);
    world.run(&world.repository, &["backup", "source"]);
    let mut killer = Killer::new(RESTORE, 62, || restore(&world));
    let mut random = Random::new(63);
    while killer.is_due() {
        let target = world.path("target");
        fs::remove_dir_all(&target).unwrap();
        // There may be nothing, or what was there before.
        if random.below(2) == 0 {
            copy_tree(&world.path("before"), &target);
        }
        for _ in 0..1 + random.below(3) {
            let ended = killer.kill(&mut world.command(&world.repository, &restoring(&reference_of(&world))));
            if target.is_dir() {
                assert_whole(&world);
            }
            if !ended.is_killed || ended.reported("summary").is_some() {
                assert_eq!(rsync_differences(&world.path("source"), &target), Vec::<String>::new());
            }
        }
        restore(&world);
    }
    killer.record();
}

/// The source, and the directory `before` with the same names and other content in half of them.
fn write_versions(world: &World) {
    let (source, before) = (world.path("source"), world.path("before"));
    make_tree(&source, 64, &TreeSpec { files: 400, odd: false, ..TreeSpec::default() });
    fs::hard_link(source.join(files_of(&source)[0].clone()), source.join("again")).unwrap();
    symlink("again", source.join("link")).unwrap();
    copy_tree(&source, &before);
    let mut random = Random::new(65);
    for file in files_of(&before).iter().step_by(2) {
        fs::write(before.join(file), random.text(70_000)).unwrap();
    }
}

fn reference_of(world: &World) -> String {
    format!("latest:{}", world.path("source").display())
}

fn restoring(reference: &str) -> [&str; 5] {
    ["--json", "restore", reference, "--target", "target"]
}

/// A restore that nobody disturbs.
fn restore(world: &World) {
    world.run(&world.repository, &restoring(&reference_of(world)));
    assert_eq!(rsync_differences(&world.path("source"), &world.path("target")), Vec::<String>::new());
}

/// Asserts that every file in the target is one of the source or one that was there before.
fn assert_whole(world: &World) {
    let target = world.path("target");
    for file in files_of(&target) {
        if file.file_name().unwrap().to_string_lossy().starts_with(INCOMPLETE) {
            continue;
        }
        let is_of = |version: &str| looks_alike(&target.join(&file), &world.path(version).join(&file));
        assert!(is_of("source") || is_of("before"), "{} is not whole", file.display());
    }
}

fn looks_alike(left: &Path, right: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).map(|file| (file.mtime(), file.mtime_nsec())).unwrap();
    fs::read(left).unwrap() == fs::read(right).unwrap() && time(left) == time(right)
}

/// Regular files below a directory, seen from there.
fn files_of(directory: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => {
                    files.push(entry.path().strip_prefix(directory).unwrap().to_owned());
                }
                _ => {}
            }
        }
    }
    files.sort();
    files
}
