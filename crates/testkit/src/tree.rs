//! A tree of files from a seed: the same seed and spec give the same tree, times included.

use std::fs;
use std::path::{Path, PathBuf};

use crate::age::age;
use crate::must::must;
use crate::{Random, Totals, odd, totals};

/// Sizes around the limits of the format: nothing, inline files, small blobs, chunk boundaries.
const SIZES: [usize; 12] = [0, 1, 127, 128, 129, 4095, 4096, 20_000, 65_535, 65_536, 65_537, 300_000];

/// Sizes that take many chunks and more than one segment.
const LARGE_SIZES: [usize; 2] = [3 << 20, (5 << 20) + 1];

/// What [`make_tree`] makes.
#[derive(Clone, Debug)]
pub struct TreeSpec {
    /// Directories, nested; the last quarter of them stays empty.
    pub directories: usize,
    /// Ordinary files; from 12 on, every size around a limit of the format occurs.
    pub files: usize,
    /// Whether to add files of several MiB, some compressible and some not.
    pub large: bool,
    /// Whether to add odd names, modes, links, special files and extended attributes.
    pub odd: bool,
}

impl Default for TreeSpec {
    fn default() -> Self {
        Self { directories: 12, files: 60, large: true, odd: true }
    }
}

/// Fills `root`, which is created when missing and has to be empty.
pub fn make_tree(root: &Path, seed: u64, spec: &TreeSpec) -> Totals {
    let mut random = Random::new(seed);
    must(fs::create_dir_all(root), "create", root);
    let directories = make_directories(root, spec.directories, &mut random);
    let filled = &directories[..directories.len() - spec.directories / 4];
    for number in 0..spec.files {
        let path = random.pick(filled).join(format!("file-{number:04}"));
        write_file(&path, SIZES[number % SIZES.len()], &mut random);
    }
    if spec.large {
        make_large_files(filled, &mut random);
    }
    if spec.odd {
        odd::make_odd_entries(&root.join("odd"), &mut random);
    }
    age(root, &mut random);
    totals(root)
}

/// The root and `count` directories below it, in the order of creation.
fn make_directories(root: &Path, count: usize, random: &mut Random) -> Vec<PathBuf> {
    let mut directories = vec![root.to_path_buf()];
    for number in 0..count {
        // Only filled directories become parents, so that the last quarter is empty indeed.
        let parents = directories.len().min(count - count / 4);
        let path = random.pick(&directories[..parents.max(1)]).join(format!("directory-{number:03}"));
        must(fs::create_dir(&path), "create", &path);
        directories.push(path);
    }
    directories
}

fn make_large_files(directories: &[PathBuf], random: &mut Random) {
    for (number, size) in LARGE_SIZES.into_iter().enumerate() {
        let random_path = random.pick(directories).join(format!("large-random-{number}"));
        must(fs::write(&random_path, random.bytes(size)), "write", &random_path);
        let text_path = random.pick(directories).join(format!("large-text-{number}"));
        must(fs::write(&text_path, random.text(size)), "write", &text_path);
    }
}

fn write_file(path: &Path, size: usize, random: &mut Random) {
    let compressible = random.below(2) == 0;
    let content = if compressible { random.text(size) } else { random.bytes(size) };
    must(fs::write(path, content), "write", path);
}
