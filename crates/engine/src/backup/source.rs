//! What a backup reads, and how each of it becomes the node of `/`.

use super::directory;
use super::graft::Place;
use super::save::Save;
use super::wanted::Wanted;
use super::{BackupOptions, stream};
use crate::parent::Parent;
use crate::{EngineError, Event, Problem, cause_of};
use lifeboat_format::{Node, Snapshot, Timestamp};
use lifeboat_fs::{FsError, FsErrorKind, SourceDir, escaped};
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What a backup reads.
pub(super) enum Source<'a> {
    /// Everything at some paths, shown where it is, and the paths that are not there.
    InPlace(Wanted, Vec<Problem>),
    /// What is at one path, shown at another.
    Elsewhere(&'a Path, Moved<'a>),
    /// The content of one file.
    Stream(&'a Path, &'a mut dyn Read),
}

/// The one path that is shown elsewhere.
pub(super) enum Moved<'a> {
    Directory(SourceDir),
    /// Anything else, in its directory.
    Item(SourceDir, &'a Path),
}

impl<'a> Source<'a> {
    /// Looks for the paths of the options.
    ///
    /// # Errors
    /// When none is there, or one cannot be saved in the way that was asked for.
    pub(super) fn find(options: &'a BackupOptions) -> Result<Self, EngineError> {
        let Some(place) = &options.as_path else {
            let (wanted, missing) = Wanted::find(&options.paths, options.read_special)?;
            return Ok(Self::InPlace(wanted, missing));
        };
        let [path] = &options.paths[..] else {
            return Err(EngineError::NoSource("one path and no more can be shown as another".to_owned()));
        };
        // What is not there, or has no end, is refused here as it is elsewhere.
        Wanted::find(&options.paths, options.read_special)?;
        let found = Moved::find(path).map_err(|error| EngineError::NoSource(cause_of(&error)))?;
        match (&found, place.parent()) {
            (Moved::Item(..), None) => {
                let path = escaped(path.as_os_str().as_bytes());
                Err(EngineError::Source(format!(
                    "\"{path}\" is no directory: nothing else can be shown as /"
                )))
            }
            _ => Ok(Self::Elsewhere(place, found)),
        }
    }

    /// A stream that is shown at the path of the options.
    ///
    /// # Errors
    /// When there are several paths, or it is that of `/`.
    pub(super) fn of_stream(
        options: &'a BackupOptions,
        stream: &'a mut dyn Read,
    ) -> Result<Self, EngineError> {
        match &options.paths[..] {
            [path] if path.file_name().is_some() => Ok(Self::Stream(path, stream)),
            _ => Err(EngineError::NoSource("a stream has one path, which is that of a file".to_owned())),
        }
    }

    /// Whether it gives the same once more.
    pub(super) fn can_be_read_again(&self) -> bool {
        !matches!(self, Self::Stream(..))
    }

    /// Saves it and gives the node of `/`.
    pub(super) fn save(
        self,
        save: &mut Save<'_>,
        parent: Option<&Snapshot>,
        start: Timestamp,
    ) -> Result<Node, EngineError> {
        match self {
            Self::InPlace(wanted, missing) => {
                missing.iter().for_each(|problem| save.teller.tell(&Event::Problem(problem)));
                let root = Parent::of(save.reader, parent.map(|parent| &parent.root));
                let previous = parent.map(|parent| parent.root.clone());
                directory::save_root(save, &wanted, root, previous)
            }
            Self::Elsewhere(path, moved) => {
                let place = Place::find(save, path, parent);
                let node = moved.save(save, place.previous())?;
                place.graft(save, node, start)
            }
            Self::Stream(path, read) => {
                let place = Place::find(save, path, parent);
                let node = stream::save(save, path, read, place.previous(), start)?;
                place.graft(save, Some(node), start)
            }
        }
    }
}

impl<'a> Moved<'a> {
    /// A link is followed where it leads to a directory: what shall be shown elsewhere is what is in there.
    fn find(path: &'a Path) -> Result<Self, FsError> {
        let error = match SourceDir::open(path) {
            Ok(dir) => return Ok(Self::Directory(dir)),
            Err(error) => error,
        };
        match path.parent() {
            Some(parent) if error.kind() == FsErrorKind::WrongKind => {
                Ok(Self::Item(SourceDir::open(parent)?, path))
            }
            _ => Err(error),
        }
    }

    /// `previous` is what the parent has where this is shown.
    fn save(self, save: &mut Save<'_>, previous: Option<&Node>) -> Result<Option<Node>, EngineError> {
        let named = |name: &[u8]| previous.map(|node| Node { name: name.to_vec(), ..node.clone() });
        match self {
            Self::Directory(dir) => {
                let (path, previous) = (dir.trail().path(), named(b""));
                let node = directory::save_below(save, dir, previous.as_ref())?;
                save.asked_for(Some(&node), previous.as_ref());
                save.saved(&path, &node, previous.as_ref());
                Ok(Some(node))
            }
            Self::Item(dir, path) => {
                let name = path.file_name().unwrap_or_default().as_bytes();
                match dir.stat(name) {
                    Ok(stat) => save.named(&dir, path, stat, named(name).as_ref()),
                    Err(error) => {
                        save.unread(path, &error);
                        Ok(None)
                    }
                }
            }
        }
    }
}
