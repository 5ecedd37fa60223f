//! The walk: directories of the source become page trees, children before parents.
//!
//! Invariant: every name that a listing gave ends as exactly one of saved, excluded, or a problem. The stack is our
//! own: no depth of directories exhausts the thread's.

use super::parent::Parent;
use super::save::Save;
use super::sift::{Scope, Verdict};
use super::wanted::Wanted;
use crate::{EngineError, trees};
use lifeboat_format::{Content, Node, NodeKind, PageTreeBuilder, Role, Totals};
use lifeboat_fs::{FsError, SourceDir};
use lifeboat_repository::RepositoryError;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

/// A directory that is being walked.
struct Frame<'w, 'r> {
    dir: SourceDir,
    path: PathBuf,
    node: Node,
    names: IntoIter<Vec<u8>>,
    scope: Scope<'w>,
    parent: Parent<'r>,
    previous: Option<Node>,
    pages: PageTreeBuilder<Node>,
    totals: Totals,
}

/// Saves everything that is wanted and gives the node of `/`.
pub(super) fn save_root<'a>(
    save: &mut Save<'a>,
    wanted: &Wanted,
    parent: Parent<'a>,
) -> Result<Node, EngineError> {
    let path = PathBuf::from("/");
    let dir = SourceDir::open(&path).map_err(|error| unreadable_root(&error))?;
    let stat = dir.stat_self().map_err(|error| unreadable_root(&error))?;
    let scope = Scope::root(wanted, &stat);
    let top = open(save, dir, path, stat.node, scope, parent, None);
    walk(save, top)
}

/// Saves a directory that was named, with all that is in it, and gives its node.
pub(super) fn save_below(
    save: &mut Save<'_>,
    dir: SourceDir,
    previous: Option<&Node>,
) -> Result<Node, EngineError> {
    let stat = dir.stat_self().map_err(|error| unreadable_root(&error))?;
    let path = dir.path().to_owned();
    let parent = Parent::of(save.reader, previous);
    let scope = Scope::whole(&stat);
    let top = open(save, dir, path, stat.node, scope, parent, previous.cloned());
    walk(save, top)
}

/// Saves what is in a directory and below it, and gives its node, which is not told.
fn walk<'w, 'r>(save: &mut Save<'r>, top: Frame<'w, 'r>) -> Result<Node, EngineError> {
    let mut stack = vec![top];
    loop {
        save.check()?;
        let frame = stack.last_mut().expect("it ends when the first frame is closed");
        match frame.names.next() {
            Some(name) => {
                if let Some(below) = step(save, frame, name)? {
                    stack.push(below);
                }
            }
            None => {
                let frame = stack.pop().expect("it was there a moment ago");
                let (path, previous) = (frame.path.clone(), frame.previous.clone());
                let node = close(save, frame)?;
                let Some(above) = stack.last_mut() else { return Ok(node) };
                save.saved(&path, &node, previous.as_ref());
                add(save, above, &node)?;
            }
        }
    }
}

fn unreadable_root(error: &FsError) -> EngineError {
    EngineError::Source(crate::cause_of(error))
}

/// Opens a directory whose node was looked at. One that cannot be listed is kept, empty, and counted as unread.
fn open<'w, 'r>(
    save: &Save<'r>,
    dir: SourceDir,
    path: PathBuf,
    mut node: Node,
    mut scope: Scope<'w>,
    parent: Parent<'r>,
    previous: Option<Node>,
) -> Frame<'w, 'r> {
    let (names, listed) = save.sift.names(&dir, &path, &mut scope);
    if let Err(error) = dir.read_own_details(&mut node).and(listed) {
        save.unread(&path, &error);
    }
    let pages = PageTreeBuilder::new(save.page_key.clone());
    Frame {
        dir,
        path,
        node,
        names: names.into_iter(),
        scope,
        parent,
        previous,
        pages,
        totals: Totals::default(),
    }
}

/// Handles one name: gives the frame of a directory, saves everything else.
fn step<'w, 'r>(
    save: &mut Save<'r>,
    frame: &mut Frame<'w, 'r>,
    name: Vec<u8>,
) -> Result<Option<Frame<'w, 'r>>, EngineError> {
    let path = frame.path.join(OsStr::from_bytes(&name));
    let previous = save.previous(&mut frame.parent, &name, &path);
    // On the way to a path that was asked for, links are followed as the path itself does.
    let looked = match frame.scope.leads_on(&name) {
        true => SourceDir::open(&path).and_then(|dir| Ok((dir.stat_self()?, Some(dir)))),
        false => frame.dir.stat(&name).map(|stat| (stat, None)),
    };
    let (mut stat, opened) = match looked {
        Ok(found) => found,
        Err(error) => {
            save.unread(&path, &error);
            return Ok(None);
        }
    };
    stat.node.name = name;
    let scope = match save.sift.entry(&frame.scope, &path, &stat) {
        Verdict::Kept(scope) => scope,
        Verdict::Emptied => {
            emptied(save, frame, &path, stat.node, previous.as_ref())?;
            return Ok(None);
        }
        Verdict::Dropped => return Ok(None),
    };
    if stat.node.kind != NodeKind::Directory {
        let saved = match scope.is_named() {
            true => save.named(&frame.dir, &path, stat, previous.as_ref())?,
            false => save.item(&frame.dir, &path, stat, previous.as_ref())?,
        };
        if let Some(node) = saved {
            add(save, frame, &node)?;
        }
        return Ok(None);
    }
    match opened.map_or_else(|| frame.dir.open_dir(&stat.node.name), Ok) {
        Ok(dir) => {
            let parent = Parent::of(save.reader, previous.as_ref());
            Ok(Some(open(save, dir, path, stat.node, scope, parent, previous)))
        }
        Err(error) => {
            unopened(save, frame, &path, stat.node, previous.as_ref(), &error)?;
            Ok(None)
        }
    }
}

/// A directory that is not entered because its content is left out.
fn emptied(
    save: &mut Save<'_>,
    frame: &mut Frame<'_, '_>,
    path: &Path,
    mut node: Node,
    previous: Option<&Node>,
) -> Result<(), EngineError> {
    match frame.dir.read_details(&mut node) {
        Ok(()) => add_empty(save, frame, path, node, previous),
        Err(error) => unopened(save, frame, path, node, previous, &error),
    }
}

/// A directory that may not be entered is saved as far as it can be seen from outside.
fn unopened(
    save: &mut Save<'_>,
    frame: &mut Frame<'_, '_>,
    path: &Path,
    node: Node,
    previous: Option<&Node>,
    error: &FsError,
) -> Result<(), EngineError> {
    save.unread(path, error);
    match error.is_not_found() {
        true => Ok(()),
        false => add_empty(save, frame, path, node, previous),
    }
}

fn add_empty(
    save: &mut Save<'_>,
    frame: &mut Frame<'_, '_>,
    path: &Path,
    mut node: Node,
    previous: Option<&Node>,
) -> Result<(), EngineError> {
    node.totals = Some(Totals::default());
    save.saved(path, &node, previous);
    add(save, frame, &node)
}

fn close(save: &mut Save<'_>, frame: Frame<'_, '_>) -> Result<Node, EngineError> {
    let writer = &mut *save.writer;
    let root = frame.pages.finish(&mut |page| writer.put(Role::Tree, page))?;
    let content = root.map_or(Content::Empty, Content::Pages);
    Ok(Node { content, totals: Some(frame.totals), ..frame.node })
}

fn add(save: &mut Save<'_>, frame: &mut Frame<'_, '_>, node: &Node) -> Result<(), EngineError> {
    trees::add_to_totals(&mut frame.totals, node);
    let writer = &mut *save.writer;
    let stored: Result<(), RepositoryError> =
        frame.pages.push(node, &mut |page| writer.put(Role::Tree, page));
    Ok(stored?)
}
