//! Which files of a snapshot hold certain of its bytes: a sample in which each byte counts alike.
//!
//! Only directories on the way to those bytes are read, because each directory says how much is below it. That it says so rightly is
//! checked: what leads nowhere is damage, for a sample that quietly misses something says more than it may.

use crate::trees::{Entries, nodes};
use crate::{EngineError, select};
use lifeboat_format::{FormatError, Node, NodeKind, Snapshot};
use lifeboat_fs::Trail;
use lifeboat_repository::{Repository, RepositoryError, View};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A file that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its path within the snapshot.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many of the bytes that were asked for are in it.
    pub draws: u64,
}

/// Gives the files that hold the bytes at these offsets, in order, of all content at or below a path of a snapshot of a view, as if its files
/// were one after the other.
///
/// # Errors
/// When the path is not in the snapshot, or its directories cannot be read. Offsets past the end lead nowhere, which is damage too.
pub fn draw(
    repository: &Repository,
    view: &View,
    snapshot: &Snapshot,
    path: &[u8],
    offsets: &[u64],
) -> Result<Vec<Drawn>, EngineError> {
    let reader = repository.snapshot_reader(view, snapshot, || Ok::<(), EngineError>(()))?;
    let (start, full) = select::node_at(&reader, snapshot, path)?;
    let mut offsets = offsets.to_vec();
    offsets.sort_unstable();
    let mut cast = Cast { left: &offsets, position: 0, drawn: Vec::new() };
    let path = Path::new(OsStr::from_bytes(if full.is_empty() { b"/" } else { &full }));
    if start.kind != NodeKind::Directory {
        cast.file(&start, path.to_owned());
    } else {
        let mut stack: Vec<(Entries<'_, Node>, Trail)> = vec![(nodes(&reader, &start), Trail::new(path))];
        while let Some((entries, trail)) = stack.last_mut().filter(|_| !cast.left.is_empty()) {
            match entries.next().transpose()? {
                None => drop(stack.pop()),
                Some(node) if node.kind != NodeKind::Directory => cast.file(&node, trail.path_of(&node.name)),
                Some(node) if cast.is_below(&node) => {
                    let below = (nodes(&reader, &node), trail.join(&node.name));
                    stack.push(below);
                }
                Some(node) => cast.position = cast.end_of(&node),
            }
        }
    }
    match cast.left {
        [] => Ok(cast.drawn),
        _ => {
            let source = FormatError::Malformed("totals: there is less below it than it says");
            Err(RepositoryError::reading(&"a directory", source).into())
        }
    }
}

/// Offsets that are looked for.
struct Cast<'o> {
    /// Those that were not found yet.
    left: &'o [u64],
    /// The offset of what comes next.
    position: u64,
    drawn: Vec<Drawn>,
}

impl Cast<'_> {
    fn end_of(&self, node: &Node) -> u64 {
        let bytes = match node.kind {
            NodeKind::Directory => node.totals.unwrap_or_default().bytes,
            _ => node.size,
        };
        self.position.saturating_add(bytes)
    }

    fn is_below(&self, node: &Node) -> bool {
        self.left.first().is_some_and(|next| *next < self.end_of(node))
    }

    fn file(&mut self, node: &Node, path: PathBuf) {
        let end = self.end_of(node);
        let (within, left) = self.left.split_at(self.left.partition_point(|offset| *offset < end));
        self.position = end;
        self.left = left;
        if !within.is_empty() {
            self.drawn.push(Drawn { path, bytes: node.size, draws: within.len() as u64 });
        }
    }
}
