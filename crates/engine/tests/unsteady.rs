//! Sources that change while they are read.

use crate::world::World;
use lifeboat_engine::{Event, Observer, ProblemKind, Workers, backup};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Appends to a file whenever some of it has been read, so many times.
struct Appender {
    path: PathBuf,
    left: AtomicU32,
}

impl Observer for Appender {
    fn event(&self, event: &Event<'_>) {
        let is_read = matches!(event, Event::Read(1..));
        let changes = |left: u32| left.checked_sub(1);
        if is_read && self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changes).is_ok() {
            let mut file = std::fs::OpenOptions::new().append(true).open(&self.path).unwrap();
            file.write_all(b"more").unwrap();
        }
    }
}

/// Backs up a file that grows so many times while it is read; gives the problems, and what came back.
fn grow(times: u32) -> (Vec<ProblemKind>, Vec<u8>, Vec<u8>) {
    let world = World::new(40, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    let path = world.source().join("growing");
    std::fs::write(&path, vec![7; 1000]).unwrap();
    let appender = Appender { path: path.clone(), left: AtomicU32::new(times) };
    let report = backup(&world.repository, &world.options(), &world.workers, &appender).unwrap();
    let (target, _) = world.restore(&world.snapshots()[0], "target");
    let restored = std::fs::read(target.join("growing")).unwrap();
    let kinds = report.problems.iter().map(|problem| problem.kind).collect();
    (kinds, restored, std::fs::read(path).unwrap())
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_again() {
    let (problems, restored, source) = grow(1);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(source.len(), 1004);
    assert!(restored == source);
}

#[test]
fn a_file_that_never_rests_is_saved_and_named_and_leaves_the_snapshot_whole() {
    let (problems, restored, source) = grow(1000);
    assert_eq!(problems, [ProblemKind::Unsteady]);
    assert!(source.starts_with(&restored) && restored.len() >= 1000, "what was read last");
}
