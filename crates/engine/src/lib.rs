//! What users ask for, as functions: a repository in, a report out.
//!
//! Floor 2. Verbs are functions, nouns are structs. Nothing here prints, reads the environment or ends the process;
//! what happens is told to an [`Observer`] while it happens.

mod backup;
mod compare;
mod content;
mod copy;
mod current;
mod draw;
mod error;
mod event;
mod forget;
mod list;
mod losses;
mod mended;
mod parent;
mod prune;
mod reach;
mod read_through;
mod repair;
mod replicas;
mod report;
mod restore;
mod same_content;
mod scrub;
mod second_copies;
mod select;
mod selection;
mod sessions;
mod size;
mod stored;
mod survey;
mod sweep;
mod tag;
mod trees;
mod verify;

pub use backup::{BackupOptions, ParentChoice, backup, backup_stream};
pub use compare::{CompareOptions, CompareReport, Difference, What, compare};
pub use copy::{CopyOptions, copy};
pub use draw::{Drawn, draw};
pub use error::EngineError;
pub use event::{Event, Fate, Means, Observer, Outcome, Problem, ProblemKind};
pub use forget::{
    Calendar, Count, ForgetOptions, ForgetReport, Group, GroupBy, GroupKey, Period, Policy, Reason, Span,
    UndoReport, Undoable, forget, undo, undoable,
};
pub use list::{ListOptions, list};
pub use prune::{PlanFigures, PruneOptions, Unused, prune};
pub use read_through::read_through;
pub use repair::{RepairOptions, repair};
pub use replicas::replica_help;
pub use report::{
    BackupReport, Checked, CopyReport, PruneReport, RepairReport, RestoreReport, ScrubReport, Verified,
    VerifyReport,
};
pub use restore::{Overwrite, RestoreOptions, restore};
pub use scrub::scrub;
pub use second_copies::replaced_objects;
pub use select::{SnapshotFilter, SnapshotList, snapshots, split_reference};
pub use selection::Selection;
pub use sessions::{ProvidedPacks, RunningSession, SessionsReport, Waiting, sessions};
pub use size::parse_size;
pub use tag::{TagOptions, TagReport, tag};
pub use verify::{ReadData, VerifyOptions, verify};

pub use lifeboat_format::{
    Compression, Content, KdfParams, Node, NodeKind, ObjectHash, Piece, Snapshot, SnapshotId, Summary,
    Timestamp, VerifyWrites, XattrValue,
};
pub use lifeboat_fs::{
    Exclusion, Filter, FilterOptions, FsError, Owners, Pattern, Tag, escaped, expand_glob, read_within,
};
pub use lifeboat_repository::{ObjectKind, Workers};

use error::cause_of;
