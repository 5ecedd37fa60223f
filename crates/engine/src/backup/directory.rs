//! The walk: directories of the source become page trees, children before parents.
//!
//! Invariant: every name that a listing gave ends as exactly one of saved, excluded, or a problem, its own or that of its
//! directory. The stack is our own: no depth of directories exhausts the thread's, nor the files that may be open.
//! A directory to which there is no way back, because by now another one is where it was, is cut short.

use super::save::Save;
use super::sift::{Scope, Verdict};
use super::wanted::Wanted;
use crate::parent::Parent;
use crate::{EngineError, trees};
use lifeboat_format::{Bug, Content, Node, NodeKind, PageTreeBuilder, Totals, planted};
use lifeboat_fs::{FsError, Names, SourceDir};
use lifeboat_repository::RepositoryError;
use std::path::Path;

/// A directory that is being walked.
struct Frame<'w, 'r> {
    dir: SourceDir,
    node: Node,
    names: Names,
    scope: Scope<'w>,
    parent: Parent<'r>,
    previous: Option<Node>,
    pages: PageTreeBuilder<Node>,
    totals: Totals,
}

/// A directory whose node is complete.
struct Closed {
    dir: SourceDir,
    node: Node,
    previous: Option<Node>,
    asked_for: bool,
}

/// Saves everything that is wanted and gives the node of `/`.
pub(super) fn save_root<'a>(
    save: &mut Save<'a>,
    wanted: &Wanted,
    parent: Parent<'a>,
    previous: Option<Node>,
) -> Result<Node, EngineError> {
    let dir = SourceDir::open(Path::new("/")).map_err(|error| unreadable_root(&error))?;
    let stat = save.look(dir.stat_self().map_err(|error| unreadable_root(&error))?);
    let scope = Scope::root(wanted, &stat);
    let top = open(save, dir, stat.node, scope, parent, previous)?;
    walk(save, top)
}

/// Saves a directory that was named, with all that is in it, and gives its node.
pub(super) fn save_below(
    save: &mut Save<'_>,
    dir: SourceDir,
    previous: Option<&Node>,
) -> Result<Node, EngineError> {
    let stat = dir.stat_self().map_err(|error| unreadable_root(&error))?;
    let stat = save.look(stat);
    let parent = Parent::of(save.reader, previous);
    let scope = Scope::whole(&stat);
    let top = open(save, dir, stat.node, scope, parent, previous.cloned())?;
    walk(save, top)
}

/// Saves what is in a directory and below it, and gives its node, which is not told.
fn walk<'w, 'r>(save: &mut Save<'r>, top: Frame<'w, 'r>) -> Result<Node, EngineError> {
    let mut stack = vec![top];
    loop {
        save.check()?;
        let frame = stack.last_mut().expect("it ends when the first frame is closed");
        match frame.names.next() {
            Some(Ok(name)) => {
                let below = step(save, frame, name)?;
                stack.extend(below);
                continue;
            }
            Some(Err(error)) => cut_short(save, frame, &error),
            None => {}
        }
        let frame = stack.pop().expect("it was there a moment ago");
        let Closed { dir, node, previous, asked_for } = close(save, frame)?;
        if asked_for {
            save.asked_for(Some(&node), previous.as_ref());
        }
        let Some(above) = stack.last_mut() else { return Ok(node) };
        save.saved(&dir.trail().path(), &node, previous.as_ref());
        add(save, above, &node)?;
        if let Err(error) = above.dir.return_from(&dir) {
            cut_short(save, above, &error);
        }
    }
}

/// Gives up the rest of a directory to which there is no way back, or whose names are lost.
fn cut_short(save: &Save<'_>, frame: &mut Frame<'_, '_>, error: &FsError) {
    let rest = std::mem::take(&mut frame.names);
    if rest.left() > 0 {
        save.cut_short(&frame.dir.trail().path(), rest.left(), error);
    }
}

fn unreadable_root(error: &FsError) -> EngineError {
    EngineError::Source(crate::cause_of(error))
}

/// Opens a directory whose node was looked at. One that cannot be listed is kept, empty, and counted as unread.
fn open<'w, 'r>(
    save: &mut Save<'r>,
    dir: SourceDir,
    mut node: Node,
    mut scope: Scope<'w>,
    parent: Parent<'r>,
    previous: Option<Node>,
) -> Result<Frame<'w, 'r>, EngineError> {
    let path = dir.trail().path();
    let (names, listed) = save.sift.names(&dir, &path, &mut scope);
    let is_listed = if planted(Bug::IgnoredListError) { Ok(()) } else { listed };
    if let Err(error) = dir.read_own_details(&mut node).and(is_listed) {
        save.unread(&path, &error);
    }
    save.describe(&mut node)?;
    let pages = PageTreeBuilder::new(save.page_key.clone());
    Ok(Frame { dir, node, names, scope, parent, previous, pages, totals: Totals::default() })
}

/// Handles one name in a directory: opens a directory, saves everything else.
fn step<'w, 'r>(
    save: &mut Save<'r>,
    frame: &mut Frame<'w, 'r>,
    name: Vec<u8>,
) -> Result<Option<Frame<'w, 'r>>, EngineError> {
    let path = frame.dir.trail().path_of(&name);
    let previous = save.previous(&mut frame.parent, &name, &path);
    // On the way to a path that was asked for, links are followed as the path itself does.
    let looked = match frame.scope.leads_on(&name) {
        true => frame.dir.follow_dir(&name).and_then(|dir| Ok((dir.stat_self()?, Some(dir)))),
        false => frame.dir.stat(&name).map(|stat| (stat, None)),
    };
    let (mut stat, opened) = match looked {
        Ok((stat, opened)) => (save.look(stat), opened),
        Err(error) => {
            if frame.scope.asks_for(&name) {
                save.asked_for(None, previous.as_ref());
            }
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
            open(save, dir, stat.node, scope, parent, previous).map(Some)
        }
        Err(error) => {
            if frame.scope.asks_for(&stat.node.name) {
                save.asked_for(None, previous.as_ref());
            }
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
    save.describe(&mut node)?;
    save.saved(path, &node, previous);
    add(save, frame, &node)
}

fn close(save: &mut Save<'_>, frame: Frame<'_, '_>) -> Result<Closed, EngineError> {
    let on_the_way = frame.scope.is_on_the_way();
    let root = frame.pages.finish(&mut |page| save.page(page, on_the_way))?;
    let content = root.map_or(Content::Empty, Content::Pages);
    let node = Node { content, totals: Some(frame.totals), ..frame.node };
    Ok(Closed { dir: frame.dir, node, previous: frame.previous, asked_for: frame.scope.is_named() })
}

fn add(save: &mut Save<'_>, frame: &mut Frame<'_, '_>, node: &Node) -> Result<(), EngineError> {
    trees::add_to_totals(&mut frame.totals, node);
    let on_the_way = frame.scope.is_on_the_way();
    let stored: Result<(), RepositoryError> = frame.pages.push(node, &mut |page| save.page(page, on_the_way));
    Ok(stored?)
}
