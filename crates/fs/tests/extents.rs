//! Files with holes: what is read of them, and what is told instead.

use crate::world::{World, absent};
use lifeboat_fs::{Run, SourceFile};
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};

/// As large as the blocks of any file system that tests run on.
const BLOCK: u64 = 64 << 10;
static BLOCK_OF_DATA: [u8; 64 << 10] = [7; 64 << 10];

/// Everything that a file gives, data with what it reads as; runs of data that follow each other are one.
fn runs(file: &mut SourceFile) -> Vec<(Run, Vec<u8>)> {
    let mut runs: Vec<(Run, Vec<u8>)> = Vec::new();
    let mut buffer = vec![1; 10_000];
    loop {
        let run = file.next_run(&mut buffer).unwrap();
        match (run, runs.last_mut()) {
            (Run::End, _) => return runs,
            (Run::Data(count), Some((Run::Data(all), bytes))) => {
                *all += count;
                bytes.extend_from_slice(&buffer[..count]);
            }
            (Run::Data(count), _) => runs.push((run, buffer[..count].to_vec())),
            (Run::Hole(_), _) => runs.push((run, Vec::new())),
        }
    }
}

/// A file of this size with data of one block at these places; none where the file system stores no holes.
fn sparse(world: &World, size: u64, places: &[u64]) -> Option<SourceFile> {
    let path = world.entry(b"sparse");
    let file = File::create(&path).unwrap();
    file.set_len(size).unwrap();
    for &place in places {
        file.write_all_at(&BLOCK_OF_DATA, place).unwrap();
    }
    // Some file systems decide about blocks only when they write them.
    file.sync_all().unwrap();
    if std::fs::metadata(&path).unwrap().blocks() * 512 >= size {
        absent("files with holes");
        return None;
    }
    Some(world.source().open_file(b"sparse").unwrap())
}

#[test]
fn holes_are_told_and_data_is_read() {
    let world = World::new();
    let size = 16 * BLOCK + 5;
    let Some(mut file) = sparse(&world, size, &[4 * BLOCK, 5 * BLOCK, 10 * BLOCK]) else { return };
    let data = |blocks: u64| {
        let length = usize::try_from(blocks * BLOCK).unwrap();
        (Run::Data(length), vec![7; length])
    };
    let hole = |length| (Run::Hole(length), Vec::new());
    let expected = [hole(4 * BLOCK), data(2), hole(4 * BLOCK), data(1), hole(5 * BLOCK + 5)];
    for _ in 0..2 {
        assert!(runs(&mut file) == expected);
        file.rewind().unwrap();
    }
    let mut whole = vec![1; usize::try_from(size).unwrap() + 1];
    assert_eq!(file.read(&mut whole).unwrap() as u64, size, "who does not ask for holes reads zeros");
    assert_eq!(whole.iter().filter(|byte| **byte == 7).count() as u64, 3 * BLOCK);
    assert_eq!(whole[0], 0);
}

#[test]
fn holes_can_be_skipped_as_far_as_they_go() {
    let world = World::new();
    let Some(mut file) = sparse(&world, 1 << 40, &[4 * BLOCK]) else { return };
    assert_eq!(file.skip_hole(BLOCK).unwrap(), BLOCK, "no further than asked for");
    assert_eq!(file.skip_hole(u64::MAX).unwrap(), 3 * BLOCK);
    assert_eq!(file.skip_hole(u64::MAX).unwrap(), 0, "data comes next");
    let mut data = vec![1; usize::try_from(BLOCK).unwrap()];
    assert_eq!(file.read(&mut data).unwrap() as u64, BLOCK);
    assert!(data.iter().all(|byte| *byte == 7), "and is what is read next");
    assert_eq!(file.skip_hole(u64::MAX).unwrap(), (1 << 40) - 5 * BLOCK, "to the end");
    assert_eq!(file.skip_hole(u64::MAX).unwrap(), 0);
    assert_eq!(file.read(&mut data).unwrap(), 0);
}

#[test]
fn a_file_may_be_one_hole_or_none() {
    let world = World::new();
    if let Some(mut hole) = sparse(&world, 1 << 40, &[]) {
        assert_eq!(runs(&mut hole), [(Run::Hole(1 << 40), Vec::new())]);
    }
    std::fs::write(world.entry(b"whole"), [3; 30_000]).unwrap();
    let mut whole = world.source().open_file(b"whole").unwrap();
    assert_eq!(runs(&mut whole), [(Run::Data(30_000), vec![3; 30_000])]);
    std::fs::write(world.entry(b"empty"), b"").unwrap();
    assert_eq!(runs(&mut world.source().open_file(b"empty").unwrap()), []);
}

#[test]
fn a_file_that_shrinks_or_grows_meanwhile_ends_where_it_ends() {
    let world = World::new();
    let Some(mut file) = sparse(&world, 8 * BLOCK, &[2 * BLOCK, 6 * BLOCK]) else { return };
    let handle = File::options().write(true).open(world.entry(b"sparse")).unwrap();
    let mut buffer = BLOCK_OF_DATA.to_vec();
    assert_eq!(file.next_run(&mut buffer).unwrap(), Run::Hole(2 * BLOCK));
    handle.set_len(2 * BLOCK + 10).unwrap();
    assert_eq!(runs(&mut file), [(Run::Data(10), vec![7; 10])]);

    file.rewind().unwrap();
    assert_eq!(file.next_run(&mut buffer).unwrap(), Run::Hole(2 * BLOCK));
    handle.set_len(20 * BLOCK).unwrap();
    let length: u64 = runs(&mut file)
        .iter()
        .map(|(run, _)| match run {
            Run::Data(count) => *count as u64,
            Run::Hole(length) => *length,
            Run::End => 0,
        })
        .sum();
    assert_eq!(length, 18 * BLOCK, "what was appended is part of it");
}
