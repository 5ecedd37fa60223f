//! Directories of more names than there is room for.

use crate::world::{World, bytes};
use lifeboat_engine::{
    BackupOptions, Compression, Filter, FilterOptions, ListOptions, Workers, backup, list,
};

/// With 64 bytes and more for each, twice what a directory is granted where memory is least.
const COUNT: usize = 6_000;

#[test]
fn a_directory_of_too_many_names_is_saved_as_any_other() {
    let world = World::new(90, Workers::inline());
    std::fs::create_dir(world.source()).unwrap();
    for number in 0..COUNT {
        std::fs::write(world.source().join(format!("{:0>60}", number * 7_919 % 6_007)), b"").unwrap();
    }
    for (name, rules) in [(".git", ""), (".gitignore", "*7\n")] {
        std::fs::write(world.source().join(name), rules).unwrap();
    }
    let temporary = tempfile::tempdir().unwrap();
    let filter = FilterOptions { git_ignore: true, ..FilterOptions::default() };
    let options = BackupOptions {
        filter: Filter::new(filter).unwrap(),
        temporary: temporary.path().to_owned(),
        ..world.options()
    };
    let small = world.repository.clone().within(0, 1, Compression::Auto);
    assert!(small.memory().names() / 4 < COUNT * 64 && COUNT * 64 < world.repository.memory().names() / 4);

    world.later();
    let [spilled, held] =
        [&small, &world.repository].map(|used| backup(used, &options, &world.workers, &()).unwrap());
    assert!(spilled.problems.is_empty() && spilled.excluded > 500, "{spilled:?}");
    assert_eq!(spilled.summary.files_new, held.summary.files_unmodified);
    let [spilled, held] = [0, 1].map(|number| {
        let (path, mut nodes) = (Some(bytes(&world.source())), Vec::new());
        let options = ListOptions { path, recursive: true };
        let snapshot = &world.snapshots()[number];
        list(&world.repository, &world.view(), snapshot, &options, &mut |_, node| nodes.push(node.clone()))
            .unwrap();
        nodes
    });
    assert!(spilled.len() > COUNT * 3 / 4 && spilled == held, "it is the same tree");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
