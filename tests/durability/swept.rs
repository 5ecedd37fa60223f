//! What killed runs leave beside the objects, and who takes it away.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use super::world::World;

/// Plants the temporary file of a run that was killed so long ago.
fn plant(world: &World, name: &str, age: Duration) {
    let path = world.repository().join("log/0").join(name);
    fs::write(&path, "cut off").unwrap();
    let times = FileTimes::new().set_modified(SystemTime::now() - age);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

#[test]
fn a_backup_sweeps_what_older_runs_left_and_a_reader_does_not() {
    let world = World::with_repository();
    world.write_source(1 << 20);
    let old = ".tmp-00000000000000000000000000000001";
    let young = ".tmp-00000000000000000000000000000002";
    plant(&world, old, Duration::from_secs(24 * 3600));
    plant(&world, young, Duration::ZERO);
    for reader in [&["verify"][..], &["snapshots"], &["backup", "--dry-run", "source"]] {
        world.run(reader);
        assert_eq!(world.leftovers().len(), 2, "{reader:?}");
    }
    let said = world.run(&["backup", "source"]);
    assert!(said.contains("removed temporary files of interrupted runs: 1\n"), "{said}");
    assert_eq!(world.leftovers(), [young]);
    let said = world.run(&["backup", "source"]);
    assert!(!said.contains("temporary"), "{said}");
    world.assert_restores();
}
