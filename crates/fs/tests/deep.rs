//! Trees deeper than any path the kernel takes.

use crate::tree::Tree;
use crate::world::World;
use lifeboat_fs::SourceDir;

const DEPTH: usize = 20;

#[test]
fn a_path_longer_than_path_max_returns() {
    let world = World::new();
    let name = [b'd'; 250];
    // The kernel takes no path of this length, so that the tree is made below an empty source.
    let mut dir = lifeboat_fs::Target::create(&world.from()).unwrap();
    for _ in 0..DEPTH {
        dir = dir.create_dir(&name).unwrap();
    }
    dir.create_file(b"bottom", 4).unwrap().write_at(0, b"deep").unwrap();
    assert!(dir.path().as_os_str().len() > 4_096);

    let before = Tree::read(&world.source());
    assert_eq!(before.write(&world.target()), []);
    assert_eq!(Tree::read(&SourceDir::open(&world.to()).unwrap()), before);
    let components = [name.as_slice(); DEPTH];
    assert_bottom(&world, &components);
}

/// Walks down what was restored, step by step, and reads the file at the bottom.
fn assert_bottom(world: &World, components: &[&[u8]]) {
    let top = SourceDir::open(&world.to()).unwrap();
    let bottom = components.iter().fold(top, |dir, name| dir.open_dir(name).unwrap());
    let mut content = [0; 9];
    let length = bottom.open_file(b"bottom").unwrap().read(&mut content).unwrap();
    assert_eq!(&content[..length], b"deep");
}
