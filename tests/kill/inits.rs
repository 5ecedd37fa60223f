//! `init` that is killed: there is a repository, or none, or what another `init` calls unfinished and says how to remove.

use std::fs;

use super::killer::{INIT, Killer};
use super::world::World;

const MAKE: [&str; 4] = ["--json", "init", "--kdf-memory", "32"];

#[test]
fn whatever_a_killed_init_leaves_a_repository_can_be_made() {
    let world = World::without_repository();
    fs::create_dir(world.path("source")).unwrap();
    fs::write(world.path("source/file"), b"content").unwrap();
    let mut killer = Killer::new(INIT, 66, || drop(world.run(&world.repository, &MAKE)));
    while killer.is_due() {
        world.clear();
        let ended = killer.kill(&mut world.command(&world.repository, &MAKE));
        let is_reported = !ended.is_killed || ended.reported("initialized").is_some();
        let again = world.command(&world.repository, &MAKE).output().unwrap();
        let said = String::from_utf8(again.stderr).unwrap();
        let is_made = again.status.success() || said.contains("a repository exists already");
        if !is_made {
            assert!(!is_reported && said.contains("empty the directory and type it again"), "{said}");
            world.clear();
            world.run(&world.repository, &MAKE);
        }
        world.run(&world.repository, &["backup", "source"]);
        world.run(&world.repository, &["verify", "--read-data"]);
        world.assert_restores(&world.repository);
    }
    killer.record();
}
