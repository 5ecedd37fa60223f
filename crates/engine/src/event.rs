//! What happens while it happens, and the reports that are sums of it.
//!
//! Invariant: there is one accounting. A verb tells every event to its report and to the observer alike.

use crate::Difference;
use lifeboat_format::{Node, Snapshot, SnapshotId};
use lifeboat_fs::Exclusion;
use lifeboat_repository::ObjectKind;
use std::path::{Path, PathBuf};

/// Something that happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// About so much is to be done.
    Expect {
        /// Files and other nodes that are no directories.
        files: u64,
        /// Bytes of their content; for `verify`, of stored objects.
        bytes: u64,
    },
    /// A backup is done with an item.
    Saved {
        /// Its absolute path.
        path: &'a Path,
        /// The item.
        node: &'a Node,
        /// How it relates to the parent snapshot.
        fate: Fate,
    },
    /// A backup leaves out an item or, where a directory is marked as a whole, what is in it. What lies below an
    /// item that is left out is not looked at.
    Excluded {
        /// Its absolute path.
        path: &'a Path,
        /// The rule that says so.
        why: &'a Exclusion,
    },
    /// So many bytes were read: of a source by `backup`, of the storage by `verify`.
    Read(u64),
    /// A stored object was read, and is what its name says or is among the problems.
    Checked {
        /// What it is.
        kind: ObjectKind,
        /// Its length in bytes.
        bytes: u64,
    },
    /// A restore is done with an item.
    Restored {
        /// Its path within the snapshot.
        path: &'a Path,
        /// The item.
        node: &'a Node,
        /// What became of it, or would.
        outcome: Outcome,
    },
    /// So many bytes were written by `restore`.
    Written(u64),
    /// A restored file was read again, or an item was compared with the snapshot, and is what it should be.
    Compared {
        /// Its path within the snapshot.
        path: &'a Path,
        /// The item.
        node: &'a Node,
    },
    /// An item is not as the snapshot has it.
    Differs(&'a Difference),
    /// A stored object is whole again, or what was in it lies elsewhere.
    Mended {
        /// Its name in the storage.
        object: &'a Path,
        /// By what.
        means: &'a Means,
    },
    /// From now on nobody relies on a stored object, and nobody misses it.
    Quarantined(&'a Path),
    /// A snapshot was copied, or would be.
    Copied {
        /// Its id in the repository that it comes from.
        from: SnapshotId,
        /// The copy.
        snapshot: &'a Snapshot,
    },
    /// Something went wrong, and the verb goes on.
    Problem(&'a Problem),
    /// Something worth telling that changes no verdict.
    Note(&'a str),
}

/// How an item relates to the parent snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not there.
    New,
    /// It is not what it was.
    Changed,
    /// It was taken over.
    Unmodified,
}

/// What a restore did with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not there, and is now.
    Restored,
    /// It took the place of something else.
    Updated,
    /// Its content was there already; metadata that was not is set.
    Unchanged,
    /// What was there stays as it was, whatever it is.
    Kept,
}

/// By what damage was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// The other copy of a control object.
    OtherCopy,
    /// What this machine keeps of a log entry.
    Kept,
    /// The parity of a pack, or what was left of it.
    Parity,
    /// A replica had the pack; where it lies.
    Replica(String),
    /// A new index object names the pack.
    Index,
    /// All that was in a pack is stored anew.
    Anew,
    /// What is sound of a pack is stored anew.
    InPart {
        /// Blobs that nothing has.
        lost: u64,
    },
}

/// Something that went wrong with one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of trouble it is: this decides the exit code.
    pub kind: ProblemKind,
    /// The file, or the name of the stored object.
    pub path: PathBuf,
    /// The cause, one line.
    pub cause: String,
}

/// What kind of trouble a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Some metadata could not be set.
    NotSet,
    /// A file changed or vanished while it was read: noted, saved as far as it goes.
    Unsteady,
    /// A file of the source that says what to leave out could not be used: nothing was left out by it.
    Unfiltered,
    /// An item of the source could not be read.
    Unread,
    /// A path that was asked for is not there.
    MissingSource,
    /// A file could not be written by a restore.
    NotWritten,
    /// Stored data is not what it should be, but nothing is lost: parity or a second copy gives it back.
    Mendable,
    /// Stored data is not what it should be.
    Damage,
    /// A signature, a name or the history does not fit.
    Tampering,
}

/// Is told what happens. It must be quick: workers wait for it.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);

    /// Whether the verb shall end early. Asked before every item and every piece of one, so it must cost next to
    /// nothing; once true it stays true.
    fn should_stop(&self) -> bool {
        false
    }
}

/// Looks away.
impl Observer for () {
    fn event(&self, _: &Event<'_>) {}
}
