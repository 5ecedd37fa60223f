//! An older state of a repository in the place of a newer one.

use std::fs;

use lifeboat_testkit::copy_tree;

use super::world::World;
use crate::store::on_disk;

#[test]
fn a_machine_that_saw_more_refuses_an_older_state_and_says_how_to_accept_it() {
    if !on_disk("what is put in the place of a repository is a directory") {
        return;
    }
    let world = World::with_snapshot();
    let cache = [("LIFEBOAT_CACHE_DIR", "cache")];
    copy_tree(&world.path("repo"), &world.path("older"));
    world.write("files/new", b"new");
    world.run_with(&cache, &["backup", "files"]).succeeds();
    fs::rename(world.path("repo"), world.path("newer")).unwrap();
    fs::rename(world.path("older"), world.path("repo")).unwrap();
    let cause = "was there when this machine last looked, and is gone";
    for arguments in [&["snapshots"][..], &["backup", "files"], &["verify"], &["restore", "latest", "out"]] {
        world.run_with(&cache, arguments).fails(14, cause);
    }
    assert!(!world.path("out").exists());
    // The same repository elsewhere is as it was, and whoever keeps nothing knows nothing.
    world.run_with(&cache, &["-r", "newer", "snapshots"]).succeeds();
    world.run_with(&cache, &["--no-cache", "snapshots"]).succeeds();
    world.run(&["snapshots"]).succeeds();

    let refused = world.run_with(&cache, &["snapshots"]).fails(14, cause);
    let (_, file) = refused.err.trim_end().rsplit_once(": rm ").unwrap();
    fs::remove_file(world.path(file)).unwrap();
    world.run_with(&cache, &["backup", "files"]).succeeds();
    world.run_with(&cache, &["verify", "--read-data"]).succeeds();
}
