//! The same directory in the parent snapshot, read in step with the walk.
//!
//! Invariant: what the parent says is only ever a shortcut. A parent that cannot be read costs time, nothing else.

use crate::trees::{Entries, nodes};
use lifeboat_format::Node;
use lifeboat_repository::{BlobReader, RepositoryError};
use std::iter::Peekable;

/// A directory of the parent snapshot.
pub(crate) struct Parent<'r> {
    entries: Option<Peekable<Entries<'r, Node>>>,
}

impl<'r> Parent<'r> {
    /// The directory of this node, if there is one.
    pub(crate) fn of(reader: &'r BlobReader, node: Option<&Node>) -> Self {
        Self { entries: node.map(|node| nodes(reader, node).peekable()) }
    }

    /// The node of this name. Names must be asked for in ascending order.
    ///
    /// # Errors
    /// When the directory cannot be read: it is then empty from here on.
    pub(crate) fn find(&mut self, name: &[u8]) -> Result<Option<Node>, RepositoryError> {
        let Some(entries) = &mut self.entries else { return Ok(None) };
        while let Some(entry) = entries.next_if(|entry| match entry {
            Ok(node) => node.name.as_slice() <= name,
            Err(_) => true,
        }) {
            match entry {
                Ok(node) if node.name == name => return Ok(Some(node)),
                Ok(_) => {}
                Err(error) => {
                    self.entries = None;
                    return Err(error);
                }
            }
        }
        Ok(None)
    }
}
