//! Files with holes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::DATA_SHARE;
use crate::Random;
use crate::must::must;

/// One run of data in the large file, in bytes.
const RUN: u64 = 128 << 10;
const BLOCK: u64 = 4 << 10;
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Start and length of one run of data.
type Run = (u64, u64);

/// Holes in all places and of all sizes, and a file of `large` bytes with data in many places.
pub(super) fn make(directory: &Path, large: u64, random: &mut Random) {
    let small_runs: Vec<Run> = (0..64).map(|number| (number * 12 * KIB, BLOCK)).collect();
    let medium_runs: Vec<Run> = (0..20).map(|number| (number * 300 * KIB, 100 * KIB)).collect();
    let files: [(&str, u64, &[Run]); 9] = [
        ("hole-at-start", 3 * MIB, &[(2 * MIB, MIB)]),
        ("hole-in-middle", 4 * MIB, &[(0, MIB), (3 * MIB, MIB)]),
        ("hole-at-end", 4 * MIB, &[(0, MIB)]),
        ("odd-hole-at-end", 2 * MIB + 1_234, &[(0, 100_000)]),
        ("odd-data", MIB + 77, &[(0, 1), (500_001, 3), (MIB + 76, 1)]),
        ("all-hole", 5 * MIB + 1, &[]),
        ("less-than-a-block", 1_000, &[]),
        ("alternating-small", 64 * 12 * KIB, &small_runs),
        ("alternating-medium", 20 * 300 * KIB + 5, &medium_runs),
    ];
    for (name, size, runs) in files {
        make_file(&directory.join(name), size, runs, random);
    }
    // Zeros that were written are data.
    let zeros = directory.join("zeros-between-holes");
    make_file(&zeros, 6 * MIB, &[], random);
    write_at(&zeros, 2 * MIB, &vec![0; 1 << 20]);
    let runs = large / DATA_SHARE / RUN;
    let distance = large / runs;
    let room = (distance - RUN) / BLOCK;
    let runs: Vec<Run> =
        (0..runs).map(|number| (number * distance + random.below(room) * BLOCK, RUN)).collect();
    make_file(&directory.join("large"), large, &runs, random);
}

/// Writes into a file that is there, and nothing but that.
pub(super) fn write_at(path: &Path, position: u64, bytes: &[u8]) {
    let file = must(OpenOptions::new().write(true).open(path), "open", path);
    must(file.write_all_at(bytes, position), "write", path);
}

fn make_file(path: &Path, size: u64, runs: &[Run], random: &mut Random) {
    let file = must(File::create(path), "create", path);
    must(file.set_len(size), "set the length of", path);
    for &(start, length) in runs {
        let length = usize::try_from(length).expect("a run fits into memory");
        must(file.write_all_at(&random.bytes(length), start), "write", path);
    }
}
