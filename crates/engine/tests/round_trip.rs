//! What was backed up comes back identical, and what did not change is neither read nor stored again.

use crate::world::{World, bytes};
use lifeboat_backend::Backend as _;
use lifeboat_engine::{BackupOptions, ListOptions, RestoreOptions, Snapshot, Workers, list, restore};
use lifeboat_testkit::{TreeSpec, change_tree, copy_tree, make_tree, needs, rsync_differences};

#[test]
fn a_tree_with_everything_comes_back_before_and_after_a_change() {
    if !needs("rsync") {
        return;
    }
    for workers in [Workers::inline(), Workers::pool(3).unwrap()] {
        let world = World::new(1, workers);
        make_tree(&world.source(), 1, &TreeSpec::default());
        let pristine = world.folder.path().join("pristine");
        copy_tree(&world.source(), &pristine);
        world.later();
        let first = world.backup();
        assert!(first.problems.is_empty(), "{:?}", first.problems);
        let changes = change_tree(&world.source(), 2, 5);
        let second = world.backup();
        assert_eq!(second.summary.bytes_read, changes.bytes_to_read);
        assert_eq!(second.parent, first.snapshot);

        let snapshots = world.snapshots();
        let (old, report) = world.restore(&snapshots[0], "old");
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(rsync_differences(&pristine, &old), Vec::<String>::new());
        let (new, _) = world.restore(&snapshots[1], "new");
        assert_eq!(rsync_differences(&world.source(), &new), Vec::<String>::new());
        assert!(world.verify().problems.is_empty());
    }
}

#[test]
fn an_unchanged_tree_is_neither_read_nor_stored_again() {
    let world = World::new(2, Workers::inline());
    make_tree(&world.source(), 3, &TreeSpec::default());
    world.later();
    world.backup();
    let stored = world.objects("packs/");
    let again = world.backup();
    assert_eq!(again.summary.bytes_read, 0);
    assert_eq!(again.summary.files_changed + again.summary.files_new, 0);
    assert_eq!(again.summary.dirs_new, 0);
    // The directories above the source belong to everybody: what is new is at most theirs.
    assert_eq!(again.summary.data_blobs, 0);
    assert!(world.objects("packs/").len() <= stored.len() + 1);
    let nodes = |snapshot: &Snapshot| {
        let mut nodes = Vec::new();
        let all = ListOptions { path: Some(bytes(&world.source())), recursive: true };
        list(&world.repository, &world.view(), snapshot, &all, &mut |_, node| nodes.push(node.clone()))
            .unwrap();
        nodes
    };
    let snapshots = world.snapshots();
    assert_eq!(nodes(&snapshots[0]), nodes(&snapshots[1]));
}

#[test]
fn files_of_the_last_seconds_are_read_again() {
    let world = World::new(3, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("fresh"), "now").unwrap();
    world.backup();
    assert_eq!(
        world.backup().summary.bytes_read,
        3,
        "the clock of a file system may stand still for two seconds"
    );
}

#[test]
fn a_file_of_many_pieces_and_a_directory_of_many_names_come_back() {
    let world = World::new(4, Workers::pool(2).unwrap());
    std::fs::create_dir_all(world.source().join("many")).unwrap();
    let mut random = lifeboat_testkit::Random::new(5);
    let long = random.bytes(5 << 20);
    std::fs::write(world.source().join("long"), &long).unwrap();
    for number in 0..3_000 {
        std::fs::write(world.source().join(format!("many/{number}")), format!("file {number}")).unwrap();
    }
    world.backup();
    let (target, report) = world.restore(&world.snapshots()[0], "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!(report.files, 3_001);
    assert!(std::fs::read(target.join("long")).unwrap() == long);
    for number in 0..3_000 {
        let text = std::fs::read_to_string(target.join(format!("many/{number}"))).unwrap();
        assert_eq!(text, format!("file {number}"));
    }
}

#[test]
fn several_paths_keep_their_full_paths_and_their_ancestors_metadata() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(6, Workers::inline());
    for name in ["a/deep/x", "a/left/y", "b"] {
        std::fs::create_dir_all(world.source().join(name)).unwrap();
        std::fs::write(world.source().join(name).join("file"), name).unwrap();
    }
    let ancestor = world.source().join("a");
    std::fs::set_permissions(&ancestor, PermissionsExt::from_mode(0o751)).unwrap();
    let mut options = world.options();
    options.paths = vec![world.source().join("b/file"), world.source().join("a/deep")];
    world.try_backup(&options).unwrap();

    let target = world.folder.path().join("target");
    let whole = RestoreOptions { target: target.clone(), ..RestoreOptions::default() };
    restore(&world.repository, &world.view(), &world.snapshots()[0], &whole, &world.workers, &()).unwrap();
    let inside = target.join(world.source().strip_prefix("/").unwrap());
    assert_eq!(std::fs::read_to_string(inside.join("b/file")).unwrap(), "b");
    assert_eq!(std::fs::read_to_string(inside.join("a/deep/x/file")).unwrap(), "a/deep/x");
    assert!(!inside.join("a/left").exists());
    let mode = std::fs::metadata(inside.join("a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o751);
}

#[test]
fn a_single_file_is_restored_under_its_name() {
    let world = World::new(7, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    std::fs::write(world.source().join("one"), "content").unwrap();
    world.backup();
    let target = world.folder.path().join("target");
    let path = Some(bytes(&world.source().join("one")));
    let options = RestoreOptions { target: target.clone(), path, ..RestoreOptions::default() };
    restore(&world.repository, &world.view(), &world.snapshots()[0], &options, &world.workers, &()).unwrap();
    assert_eq!(std::fs::read_to_string(target.join("one")).unwrap(), "content");
}

#[test]
fn a_dry_run_counts_what_the_real_run_does_and_keeps_nothing() {
    let world = World::new(9, Workers::inline());
    make_tree(&world.source(), 10, &TreeSpec::default());
    let before = world.objects("");
    let mut options = world.options();
    options.dry_run = true;
    let dry = world.try_backup(&options).unwrap();
    assert_eq!(dry.snapshot, None);
    assert_eq!(world.objects(""), before);
    let real = world.backup();
    assert_eq!(dry.summary.data_added, real.summary.data_added);
    assert_eq!(dry.summary.files_new, real.summary.files_new);
}

#[test]
fn a_missing_path_is_named_and_makes_the_snapshot_partial() {
    let world = World::new(11, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    let mut options = world.options();
    options.paths.push(world.folder.path().join("gone"));
    let report = world.try_backup(&options).unwrap();
    assert_eq!(report.problems.len(), 1);
    assert!(world.snapshots()[0].is_partial());
    options.paths.remove(0);
    assert!(world.try_backup(&options).is_err(), "nothing that was asked for exists");
    assert_eq!(world.snapshots().len(), 1);
}

#[test]
fn what_has_not_changed_is_only_skipped_while_all_of_it_is_stored() {
    let world = World::new(12, Workers::inline());
    make_tree(&world.source(), 13, &TreeSpec { odd: false, ..TreeSpec::default() });
    world.later();
    let options = BackupOptions { skip_if_unchanged: true, ..world.options() };
    let skipped = || world.try_backup(&options).unwrap().skipped;
    assert!(!skipped(), "there is nothing that it could repeat");
    let stored = world.objects("");
    assert!(skipped());
    assert_eq!(world.objects(""), stored);
    for pack in world.objects("packs/") {
        world.backend.delete(&pack).unwrap();
        assert!(!skipped(), "the snapshot before would stay damaged");
        assert!(skipped());
    }
    let (_, report) = world.restore(world.snapshots().last().unwrap(), "target");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}
