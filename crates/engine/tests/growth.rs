//! How little a change stores anew, with the sizes that a repository has if nothing is said.

use crate::world::World;
use lifeboat_engine::Workers;
use lifeboat_testkit::Random;
use std::fs;

const MIB: usize = 1 << 20;
const BLOCK: usize = 4 << 10;

/// The bytes that are stored anew when a file is saved with one content and then with another.
fn growth(seed: u64, before: &[u8], after: &[u8]) -> usize {
    let world = World::of_usual_sizes(seed, Workers::pool(2).unwrap());
    let path = world.source().join("image");
    fs::create_dir(world.source()).unwrap();
    fs::write(&path, before).unwrap();
    let first = world.backup().summary.data_added_packed;
    fs::write(&path, after).unwrap();
    world.later();
    let report = world.backup();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(first >= before.len() as u64, "noise does not shrink: {first}");
    usize::try_from(report.summary.data_added_packed).unwrap()
}

/// A 256th of the file, as 4 MiB are of 1 GiB.
#[test]
fn one_byte_in_front_moves_no_cut_behind_the_first_chunks() {
    let before = Random::new(71).bytes(64 * MIB);
    let grown = growth(70, &before, &[b"!", before.as_slice()].concat());
    assert!(grown < before.len() / 256, "{grown}");
}

/// Two blocks in a hundred, in clusters of 64 KiB: what lies beside them in their chunks is stored again, little more. Where
/// the cuts are, and so how much that is, is up to the key: about four times as much, while chunks of 1 MiB would make it 20.
#[test]
fn clusters_of_rewritten_blocks_store_little_beside_themselves() {
    const CLUSTER: usize = 16 * BLOCK;
    let (before, mut random) = (Random::new(73).bytes(32 * MIB), Random::new(74));
    let (mut after, mut rewritten) = (before.clone(), 0);
    while rewritten < before.len() / 50 {
        let start = random.index(before.len() / CLUSTER) * CLUSTER;
        random.fill(&mut after[start..start + CLUSTER]);
        rewritten += CLUSTER;
    }
    let grown = growth(72, &before, &after);
    assert!(grown < 6 * rewritten, "{grown} for {rewritten}");
}
