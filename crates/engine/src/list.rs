//! `ls`: what is in a snapshot.

use crate::mended::mended_packs;
use crate::trees::{Entries, nodes};
use crate::{EngineError, Problem, select};
use lifeboat_format::{Node, NodeKind, Snapshot};
use lifeboat_repository::{Repository, View};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// Only this path and what is below it.
    pub path: Option<Vec<u8>>,
    /// Directories below too, not only the one that is named.
    pub recursive: bool,
}

/// Visits nodes of a snapshot of a view with their absolute paths, each directory before what it holds, in order of names. Gives what is wrong
/// with stored data that was mended for it.
///
/// # Errors
/// When the path is not in the snapshot, or a tree cannot be read.
pub fn list(
    repository: &Repository,
    view: &View,
    snapshot: &Snapshot,
    options: &ListOptions,
    visit: &mut dyn FnMut(&[u8], &Node),
) -> Result<Vec<Problem>, EngineError> {
    let reader = repository.snapshot_reader(view, snapshot, || Ok::<(), EngineError>(()))?;
    let (start, mut path) = select::node_at(&reader, snapshot, options.path.as_deref().unwrap_or_default())?;
    if !path.is_empty() {
        visit(&path, &start);
    }
    let mut stack: Vec<(Entries<'_, Node>, usize)> = vec![(nodes(&reader, &start), path.len())];
    while let Some((entries, length)) = stack.last_mut() {
        path.truncate(*length);
        let Some(node) = entries.next().transpose()? else {
            stack.pop();
            continue;
        };
        path.push(b'/');
        path.extend_from_slice(&node.name);
        visit(&path, &node);
        if options.recursive && node.kind == NodeKind::Directory {
            let length = path.len();
            stack.push((nodes(&reader, &node), length));
        }
    }
    Ok(mended_packs(&reader))
}
