//! Two backups of different trees into one repository, of which one is killed: the other does not notice.

use std::fs;

use lifeboat_testkit::{Random, needs, rsync_differences};

use super::killer::{BESIDE, Killer};
use super::world::{Signal, World};

const TREES: [&str; 2] = ["left", "right"];
/// Bytes of a file: some packs.
const LENGTH: usize = 10 << 20;

#[test]
fn a_backup_succeeds_while_another_is_killed() {
    if !needs("rsync") {
        return;
    }
    let world = World::keeping();
    let mut random = Random::new(67);
    renew(&world, &mut random);
    let mut killer = Killer::new(BESIDE, 68, || back_up_all(&world));
    while killer.is_due() {
        renew(&world, &mut random);
        let mut trees = TREES;
        random.shuffle(&mut trees);
        let [killed, other] = trees;
        let beside = world.command(&world.repository, &["backup", other]).spawn().unwrap();
        killer.kill(&mut world.command(&world.repository, &["backup", killed]));
        let output = beside.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        world.verify_after(&world.repository, Signal::Kill);
        assert_comes_back(&world, other);
        world.run(&world.repository, &["backup", killed]);
        assert_comes_back(&world, killed);
    }
    back_up_all(&world);
    world.run(&world.repository, &["--no-cache", "verify", "--read-data"]);
    killer.record();
}

/// Two backups at once that nobody disturbs.
fn back_up_all(world: &World) {
    let start = |tree| world.command(&world.repository, &["backup", tree]).spawn().unwrap();
    for child in TREES.map(start) {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// New files in both trees, one of which is the same in both: each may find what the other stores.
fn renew(world: &World, random: &mut Random) {
    let shared = random.bytes(LENGTH);
    for tree in TREES {
        let directory = world.path(tree);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("shared"), &shared).unwrap();
        fs::write(directory.join("own"), random.bytes(LENGTH)).unwrap();
    }
}

fn assert_comes_back(world: &World, tree: &str) {
    let reference = format!("latest:{}", world.path(tree).display());
    world.run(&world.repository, &["restore", &reference, "--path", tree, "--target", "target"]);
    assert_eq!(rsync_differences(&world.path(tree), &world.path("target")), Vec::<String>::new());
    fs::remove_dir_all(world.path("target")).unwrap();
}
