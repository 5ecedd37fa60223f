//! A tree with everything that a Linux file system can hold, from a seed.
//!
//! Invariant: the same seed and spec make the same tree twice on one file system, in everything but birth, change and
//! access times. Times are given when everything is made, and flags that forbid changes come last of all.

mod acl;
mod attributes;
mod beyond;
mod edits;
mod flags;
mod hard_links;
mod nodes;
mod sparse;
mod times;

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rustix::io::Errno;

use crate::age::age;
use crate::must::must;
use crate::{Random, TreeSpec, make_tree};

pub use beyond::make_deep;
pub use edits::change_every_kind;

/// Largest share of a size that is data in the large sparse file: 1/200 makes 40 MiB of 8 GiB.
const DATA_SHARE: u64 = 200;

/// What [`make_every_kind`] makes: the numbers of what is made in masses.
#[derive(Clone, Debug)]
pub struct EveryKindSpec {
    /// Names of one file, spread over directories.
    pub hard_links: usize,
    /// Files in one directory.
    pub files_in_one_directory: usize,
    /// Size of the large file with holes.
    pub sparse_bytes: u64,
    /// Directories within each other, with short names; none leaves out the paths that are too long to be named, too.
    pub depth: usize,
}

impl EveryKindSpec {
    /// What an acceptance test takes: minutes, and half a gigabyte.
    #[must_use]
    pub fn full() -> Self {
        Self { hard_links: 10_000, files_in_one_directory: 200_000, sparse_bytes: 8 << 30, depth: 3_000 }
    }
}

impl Default for EveryKindSpec {
    fn default() -> Self {
        Self { hard_links: 60, files_in_one_directory: 500, sparse_bytes: 64 << 20, depth: 60 }
    }
}

/// Fills `root`, which is created when missing and has to be empty, and returns what this file system or this user was
/// refused, each with its reason: none as root on ext4.
///
/// Only [`Scratch`](crate::Scratch) gets rid of such a tree. The part `beyond` has paths that are too long for tools
/// that take paths.
pub fn make_every_kind(root: &Path, seed: u64, spec: &EveryKindSpec) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut refusals = Refusals::default();
    let directory = |name: &str| {
        let path = root.join(name);
        must(fs::DirBuilder::new().recursive(true).mode(0o755).create(&path), "create", &path);
        path
    };
    make_tree(&directory("ordinary"), random.next_u64(), &TreeSpec::default());
    nodes::make_sizes(&directory("sizes"), &mut random);
    nodes::make_many(&directory("many"), spec.files_in_one_directory, &mut random);
    nodes::make_symlinks(&directory("symlinks"));
    nodes::make_modes(&directory("modes"), &mut random);
    nodes::make_devices(&directory("devices"), &mut refusals);
    nodes::make_owners(&directory("owners"), &mut random, &mut refusals);
    hard_links::make(&directory("links"), spec.hard_links, &mut random);
    attributes::make(&directory("attributes"), &mut random, &mut refusals);
    acl::make(&directory("acls"), &mut refusals);
    sparse::make(&directory("sparse"), spec.sparse_bytes, &mut random);
    if spec.depth > 0 {
        beyond::make(&directory("beyond"), spec.depth, &mut random);
    }
    times::make(&directory("times"));
    flags::make(&directory("flags"), &mut random);
    age(root, &mut random);
    times::set_extremes(&root.join("times"));
    flags::set(&root.join("flags"), &mut refusals);
    refusals.reasons
}

/// What could not be made, each kind once.
#[derive(Default)]
struct Refusals {
    reasons: Vec<String>,
}

impl Refusals {
    /// Whether something was made; only what the user may not do and the file system cannot hold may fail.
    #[track_caller]
    fn accept(&mut self, what: &str, made: Result<(), Errno>, path: &Path) -> bool {
        match made {
            Err(errno @ (Errno::PERM | Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL)) => {
                let reason = format!("{what}: {errno}");
                if !self.reasons.contains(&reason) {
                    self.reasons.push(reason);
                }
                false
            }
            made => {
                must(made, &format!("make {what} of"), path);
                true
            }
        }
    }
}
