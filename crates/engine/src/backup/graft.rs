//! Where a node is put that was not found by walking down from `/`: the directories above it are made for it.
//!
//! Invariant: the tree that results is as one that was walked; whoever restores it cannot tell the difference.

use super::save::Save;
use crate::select::components;
use crate::{EngineError, Event, cause_of, trees};
use lifeboat_format::{Content, Node, NodeKind, PageTreeBuilder, Role, Snapshot, Timestamp, Totals};
use lifeboat_fs::{FsError, FsErrorKind, SourceDir, made_here};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Mode of a directory that does not exist here.
const PLAIN_MODE: u32 = 0o755;

/// A path of the snapshot, and what the parent has on the way there.
pub(super) struct Place {
    names: Vec<Vec<u8>>,
    /// The nodes of `/` and of each name.
    previous: Vec<Option<Node>>,
}

impl Place {
    /// An absolute path.
    pub(super) fn find(save: &Save<'_>, path: &Path, parent: Option<&Snapshot>) -> Self {
        let names: Vec<Vec<u8>> =
            components(path.as_os_str().as_bytes()).into_iter().map(<[u8]>::to_vec).collect();
        let mut previous = vec![parent.map(|parent| parent.root.clone())];
        for name in &names {
            let directory = previous.last().and_then(Option::as_ref);
            let below = directory
                .filter(|node| node.kind == NodeKind::Directory)
                .map_or(Ok(None), |node| trees::find(save.reader, node, name));
            previous.push(below.unwrap_or_else(|error| {
                save.tell_unread_parent(path, &error);
                None
            }));
        }
        Self { names, previous }
    }

    /// What the parent has at the path itself.
    pub(super) fn previous(&self) -> Option<&Node> {
        self.previous.last().and_then(Option::as_ref)
    }

    /// Puts a node at the path, or nothing where it could not be saved, and gives the node of `/`.
    pub(super) fn graft(
        mut self,
        save: &mut Save<'_>,
        node: Option<Node>,
        start: Timestamp,
    ) -> Result<Node, EngineError> {
        let mut node = node.map(|node| Node { name: self.names.last().cloned().unwrap_or_default(), ..node });
        while self.names.pop().is_some() {
            let path = self.path();
            let mut directory = look_at(save, &path, start);
            directory.name = self.names.last().cloned().unwrap_or_default();
            fill(save, &mut directory, node.as_ref())?;
            self.previous.pop();
            if !self.names.is_empty() {
                save.saved(&path, &directory, self.previous());
            }
            node = Some(directory);
        }
        node.ok_or_else(|| EngineError::NoSource("/ was not read".to_owned()))
    }

    fn path(&self) -> PathBuf {
        Path::new("/").join(self.names.iter().map(|name| OsStr::from_bytes(name)).collect::<PathBuf>())
    }
}

/// The metadata of the directory that is at this path now, or of a plain one.
fn look_at(save: &Save<'_>, path: &Path, start: Timestamp) -> Node {
    live_directory(save, path).unwrap_or_else(|error| {
        if !matches!(error.kind(), FsErrorKind::NotFound | FsErrorKind::WrongKind) {
            save.teller
                .tell(&Event::Note(&format!("{}: it is saved as a plain directory", cause_of(&error))));
        }
        made_here(NodeKind::Directory, PLAIN_MODE, start)
    })
}

fn live_directory(save: &Save<'_>, path: &Path) -> Result<Node, FsError> {
    let dir = SourceDir::open(path)?;
    let mut node = save.look(dir.stat_self()?).node;
    dir.read_own_details(&mut node)?;
    Ok(node)
}

/// Makes a directory hold one node or none.
fn fill(save: &mut Save<'_>, directory: &mut Node, node: Option<&Node>) -> Result<(), EngineError> {
    save.describe(directory)?;
    let writer = &mut *save.writer;
    let mut pages = PageTreeBuilder::new(save.page_key.clone());
    let mut totals = Totals::default();
    if let Some(node) = node {
        trees::add_to_totals(&mut totals, node);
        pages.push(node, &mut |page| writer.put(Role::Tree, page))?;
    }
    directory.content =
        pages.finish(&mut |page| writer.put(Role::Tree, page))?.map_or(Content::Empty, Content::Pages);
    directory.totals = Some(totals);
    Ok(())
}
