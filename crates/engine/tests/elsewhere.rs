//! Sources that are not walked from `/` down: a path shown at another, and streams.

use crate::world::World;
use lifeboat_engine::{
    BackupReport, EngineError, Event, ListOptions, Node, NodeKind, Observer, ProblemKind, RestoreOptions,
    Snapshot, Workers, backup, backup_stream, list, restore,
};
use lifeboat_testkit::{Random, TreeSpec, make_tree, needs, rsync_differences};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Everything in a snapshot by its path.
fn nodes(world: &World, snapshot: &Snapshot) -> BTreeMap<PathBuf, Node> {
    let mut nodes = BTreeMap::new();
    let all = ListOptions { path: None, recursive: true };
    list(&world.repository, &world.view(), snapshot, &all, &mut |path, node| {
        nodes.insert(PathBuf::from(std::ffi::OsStr::from_bytes(path)), node.clone());
    })
    .unwrap();
    nodes
}

fn backup_as(world: &World, source: &Path, place: &str) -> Result<BackupReport, EngineError> {
    let mut options = world.options();
    options.paths = vec![source.to_owned()];
    options.as_path = Some(place.into());
    backup(&world.repository, &options, &world.workers, &())
}

fn stream_to(world: &World, place: &str, stream: &mut dyn Read) -> Result<BackupReport, EngineError> {
    let mut options = world.options();
    options.paths = vec![place.into()];
    backup_stream(&world.repository, stream, &options, &world.workers, &())
}

fn restore_path(world: &World, snapshot: &Snapshot, path: &str) -> PathBuf {
    let target = world.folder.path().join(format!("restored{}", path.replace('/', "-")));
    let options = RestoreOptions {
        target: target.clone(),
        path: Some(path.as_bytes().to_vec()),
        ..RestoreOptions::default()
    };
    let report = restore(&world.repository, &world.view(), snapshot, &options, &world.workers, &()).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    target
}

#[test]
fn a_directory_is_shown_elsewhere_and_known_again() {
    if !needs("rsync") {
        return;
    }
    let world = World::new(60, Workers::inline());
    make_tree(&world.source(), 61, &TreeSpec::default());
    world.later();
    let first = backup_as(&world, &world.source(), "/no/such/data").unwrap();
    assert!(first.problems.is_empty(), "{:?}", first.problems);
    let snapshot = &world.snapshots()[0];
    assert_eq!(snapshot.paths[0].0, b"/no/such/data");
    let restored = restore_path(&world, snapshot, "/no/such/data");
    assert_eq!(rsync_differences(&world.source(), &restored), Vec::<String>::new());

    // The same files, mounted in another place.
    let moved = world.folder.path().join("mounted elsewhere");
    std::fs::rename(world.source(), &moved).unwrap();
    let again = backup_as(&world, &moved, "/no/such/data").unwrap();
    assert_eq!(again.parent, first.snapshot);
    assert_eq!((again.summary.bytes_read, again.summary.data_blobs), (0, 0));
    assert_eq!((again.summary.files_new, again.summary.files_changed), (0, 0));
    assert_eq!(again.summary.dirs_new, 0);
    assert!(world.verify().problems.is_empty());
}

#[test]
fn ancestors_are_those_that_live_and_plain_ones_below_them() {
    let world = World::new(62, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("file"), "x").unwrap();
    let live = world.folder.path().join("live");
    std::fs::create_dir(&live).unwrap();
    std::fs::set_permissions(&live, PermissionsExt::from_mode(0o2711)).unwrap();
    std::fs::write(live.join("file"), "in the way").unwrap();
    for below in ["gone/deeper/data", "file/data"] {
        backup_as(&world, &world.source(), live.join(below).to_str().unwrap()).unwrap();
    }
    let snapshots = world.snapshots();
    let found = nodes(&world, &snapshots[0]);
    assert_eq!(found[&live].mode, 0o2711);
    assert_eq!(found[&live].mtime.seconds, std::fs::metadata(&live).unwrap().mtime());
    let plain = &found[&live.join("gone")];
    assert_eq!((plain.kind, plain.mode, plain.mtime), (NodeKind::Directory, 0o755, snapshots[0].start));
    assert_eq!(plain.uid, std::fs::metadata(&live).unwrap().uid());
    assert_eq!(plain.totals.unwrap().directories, 2);
    assert_eq!(snapshots[0].root.totals.unwrap().files, 1);
    assert!(found.contains_key(&live.join("gone/deeper/data/file")));
    let found = nodes(&world, &snapshots[1]);
    assert_eq!(found[&live.join("file")].kind, NodeKind::Directory);
}

#[test]
fn anything_else_is_shown_elsewhere_too() {
    let world = World::new(63, Workers::inline());
    std::fs::create_dir_all(world.source().join("inside")).unwrap();
    let file = world.source().join("file");
    std::fs::write(&file, "content").unwrap();
    symlink("inside", world.source().join("link")).unwrap();
    world.later();
    for run in 0..2 {
        let report = backup_as(&world, &file, "/shown/as.txt").unwrap();
        assert_eq!(report.summary.bytes_read, if run == 0 { 7 } else { 0 });
        assert_eq!(report.summary.files_unmodified, run);
    }
    let found = nodes(&world, &world.snapshots()[1]);
    assert_eq!(found[Path::new("/shown/as.txt")].size, 7);
    assert_eq!(found.len(), 2);
    // A link to a directory stands for what is in there.
    backup_as(&world, &world.source().join("link"), "/through").unwrap();
    assert_eq!(nodes(&world, &world.snapshots()[2])[Path::new("/through")].kind, NodeKind::Directory);
    // A whole directory may stand for the root, a file may not.
    backup_as(&world, &world.source(), "/").unwrap();
    assert!(nodes(&world, &world.snapshots()[3]).contains_key(Path::new("/file")));
    assert!(matches!(backup_as(&world, &file, "/"), Err(EngineError::Source(_))));
    let gone = backup_as(&world, &world.source().join("gone"), "/x");
    assert!(matches!(gone, Err(EngineError::NoSource(_))));
    assert_eq!(world.snapshots().len(), 4);
}

/// Bytes in small pieces, as pipes give them.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(10_007);
        self.0.read(&mut buffer[..count])
    }
}

#[test]
fn a_stream_becomes_a_file() {
    let world = World::new(64, Workers::pool(2).unwrap());
    let content = Random::new(65).bytes(3 << 20);
    let first = stream_to(&world, "/db/dump.sql", &mut Trickle(&content)).unwrap();
    assert_eq!((first.summary.files_new, first.summary.total_bytes_processed), (1, 3 << 20));
    let snapshot = &world.snapshots()[0];
    let found = nodes(&world, snapshot);
    let node = &found[Path::new("/db/dump.sql")];
    assert_eq!((node.kind, node.mode, node.mtime), (NodeKind::File, 0o644, snapshot.start));
    assert_eq!(found.len(), 2);
    let restored = restore_path(&world, snapshot, "/db/dump.sql");
    assert!(std::fs::read(restored.join("dump.sql")).unwrap() == content);

    let again = stream_to(&world, "/db/dump.sql", &mut content.as_slice()).unwrap();
    assert_eq!((again.parent, again.summary.data_blobs), (first.snapshot, 0));
    assert_eq!((again.summary.bytes_read, again.summary.files_changed), (3 << 20, 1));
}

#[test]
fn an_empty_stream_is_saved_and_noted() {
    let world = World::new(66, Workers::inline());
    let report = stream_to(&world, "/nothing", &mut io::empty()).unwrap();
    assert_eq!(report.notes, ["the stream is empty, and so is \"/nothing\""]);
    assert!(!world.snapshots()[0].is_partial());
    assert!(stream_to(&world, "/", &mut io::empty()).is_err());
}

/// Some bytes, then this error again and again.
struct Failing(usize, io::ErrorKind);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.min(buffer.len());
        self.0 -= count;
        if count == 0 { Err(self.1.into()) } else { Ok(count) }
    }
}

#[test]
fn half_a_stream_is_no_snapshot() {
    let world = World::new(67, Workers::inline());
    for before in [0, 100, 5 << 20] {
        let mut stream = Failing(before, io::ErrorKind::BrokenPipe);
        let ended = stream_to(&world, "/half", &mut stream);
        assert!(matches!(ended, Err(EngineError::Stream(_))), "{ended:?}");
    }
    assert_eq!(world.snapshots().len(), 0);
}

/// Asks to stop once something was read.
struct Stopper(AtomicBool);

impl Observer for Stopper {
    fn event(&self, event: &Event<'_>) {
        self.0.fetch_or(matches!(event, Event::Expect { .. }), Ordering::Relaxed);
    }

    fn should_stop(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn a_quiet_stream_is_waited_for_and_can_be_stopped() {
    let world = World::new(68, Workers::inline());
    stream_to(&world, "/quiet", &mut io::empty()).unwrap();
    let mut options = world.options();
    options.paths = vec!["/quiet".into()];
    let stopper = Stopper(AtomicBool::new(false));
    let mut stream = Failing(10, io::ErrorKind::WouldBlock);
    let ended = backup_stream(&world.repository, &mut stream, &options, &world.workers, &stopper);
    assert!(matches!(ended, Err(EngineError::Interrupted)), "{ended:?}");
    assert_eq!(world.snapshots().len(), 1);
}

#[test]
fn special_files_without_an_end_are_not_read() {
    let world = World::new(69, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    symlink("/dev/zero", world.source().join("link")).unwrap();
    let mut options = world.options();
    options.read_special = true;
    for endless in [PathBuf::from("/dev/zero"), world.source().join("link")] {
        options.paths = vec![world.source(), endless.clone()];
        let ended = world.try_backup(&options);
        assert!(matches!(&ended, Err(EngineError::Endless(path)) if *path == endless), "{ended:?}");
    }
    // Found, not named: it stays what it is.
    options.paths = vec![world.source(), world.source().join("gone")];
    let report = world.try_backup(&options).unwrap();
    assert_eq!(report.problems[0].kind, ProblemKind::MissingSource);
    assert_eq!(nodes(&world, &world.snapshots()[0])[&world.source().join("link")].kind, NodeKind::Symlink);
}
