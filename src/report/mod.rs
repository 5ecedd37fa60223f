//! What people and programs get to see. Nothing else in the program prints.
//!
//! Standard output is data, standard error is talk. A verb hands over facts; [`Human`] words them, [`Json`] makes
//! lines of them (docs/json.md).

mod human;
mod json;
mod mode;
mod streams;

use crate::cli::Globals;
use crate::exit::Failure;
use crate::finding::Finding;
use human::Human;
use json::Json;
use lifeboat_backend::{Traffic, Waiting};
use lifeboat_drill::evidence::Chains;
use lifeboat_drill::record::Record;
use lifeboat_engine::{
    BackupReport, CopyReport, Exclusion, Fate, ForgetReport, Means, Node, NodeKind, Outcome, Problem,
    PruneReport, RepairReport, RestoreReport, ScrubReport, SessionsReport, Snapshot, SnapshotId, TagReport,
    Timestamp, Undoable, VerifyReport,
};
use lifeboat_repository::{EvidenceName, Rights, SlotInfo, View};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program and its version, as snapshots record it.
pub(crate) const PROGRAM: &str = concat!("lifeboat ", env!("CARGO_PKG_VERSION"));

/// What is said where a repository is made.
pub(crate) const KEEP_PASSWORD: &str = "keep the password safe: without it nothing can ever be restored";

/// Tells what a verb found, does and has done.
pub(crate) trait Report: Send + Sync {
    /// A repository was made.
    fn initialized(&self, id: &str, location: &str, exclusive: bool);
    /// The snapshots that were asked for.
    fn snapshots(&self, snapshots: &[&Snapshot], view: &View);
    /// The snapshot whose nodes follow.
    fn listing(&self, snapshot: &Snapshot);
    /// An item of a snapshot.
    fn node(&self, path: &[u8], node: &Node, long: bool);
    /// What opens the repository.
    fn keys(&self, slots: &[SlotInfo]);
    /// What opens the repository has changed.
    fn key(&self, change: &KeyChange<'_>);
    /// What was looked at.
    fn doctor(&self, findings: &[Finding], examined: &Examined);
    /// The version of the program.
    fn version(&self);
    /// Records of rehearsals.
    fn evidence(&self, chains: &Chains);
    /// The newest of them.
    fn anchors(&self, heads: &[EvidenceName]);
    /// They were checked, with so many problems.
    fn evidence_checked(&self, chains: &Chains, problems: usize);
    /// So many were handed over in a directory, and so many left out.
    fn evidence_exported(&self, directory: &Path, kept: usize, left_out: usize);
    /// A script to be read by a shell.
    fn script(&self, script: &[u8]);

    /// How far a run is.
    fn status(&self, status: &Status);
    /// A backup is done with an item.
    fn saved(&self, path: &Path, node: &Node, fate: Fate);
    /// A backup leaves out an item.
    fn excluded(&self, path: &Path, why: &Exclusion);
    /// A restore is done with an item, or only pretends.
    fn restored(&self, path: &Path, node: &Node, outcome: Outcome, dry: bool);
    /// Something went wrong with an item.
    fn problem(&self, problem: &Problem, work: Work);
    /// Something worth knowing.
    fn note(&self, text: &str);

    /// A backup is over.
    fn backup(&self, report: &BackupReport, run: &Run);
    /// A restore is over.
    fn restore(&self, report: &RestoreReport, run: &Run);
    /// A verification is over.
    fn verify(&self, report: &VerifyReport, run: &Run);
    /// A scrub is over.
    fn scrub(&self, report: &ScrubReport, run: &Run);

    /// Snapshots were forgotten, or would be.
    fn forget(&self, report: &ForgetReport, dry: bool);
    /// Snapshots that are forgotten and can be had back.
    fn undoable(&self, undoable: &[Undoable]);
    /// Snapshots that are wanted again.
    fn undone(&self, snapshots: &[Snapshot]);
    /// Snapshots are called otherwise.
    fn tagged(&self, report: &TagReport);
    /// Who is at work, and what waits.
    fn sessions(&self, report: &SessionsReport);
    /// A prune is over.
    fn prune(&self, report: &PruneReport, run: &Run);

    /// A repair mended something, or would.
    fn mended(&self, object: &Path, means: &Means, dry: bool);
    /// Nobody relies on something from now on.
    fn quarantined(&self, object: &Path, dry: bool);
    /// A repair is over.
    fn repair(&self, report: &RepairReport, run: &Run);

    /// A snapshot was copied, or would be; the first id is that where it comes from.
    fn copied(&self, from: SnapshotId, snapshot: &Snapshot, dry: bool);
    /// A copy to the repository at a place is over.
    fn copy(&self, report: &CopyReport, target: &str, run: &Run);

    /// A drill is over.
    fn drill(&self, record: &Record);

    /// What went over the network all in all.
    fn traffic(&self, traffic: &Traffic);

    /// All data up to now is handed over: says whether it arrived, and says a failure once.
    fn finish(&self) -> io::Result<()>;
    /// Why the program does not end with 0.
    fn failure(&self, failure: &Failure);
}

/// What a look at the storage has shown besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examined {
    pub(crate) rights: Rights,
    /// Until the first answer.
    pub(crate) first_byte: Option<Duration>,
}

/// What has become of a key slot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyChange<'a> {
    /// It is new.
    Added(&'a SlotInfo),
    /// The one with this id is gone.
    Removed(&'a str),
}

/// The report that the options ask for.
pub(crate) fn for_people_or_programs(globals: &Globals) -> Box<dyn Report> {
    match globals.json {
        true => Box::new(Json::new(globals.quiet)),
        false => Box::new(Human::new(globals.quiet)),
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Saves files.
    Backup,
    /// Looks at snapshots.
    List,
    /// Writes files back.
    Restore,
    /// Checks what is stored.
    Verify,
    /// Checks what is stored without a key.
    Scrub,
    /// Takes away what nobody needs.
    Prune,
    /// Mends what is damaged.
    Repair,
    /// Stores snapshots elsewhere.
    Copy,
    /// Rehearses recovery.
    Drill,
}

impl Work {
    /// What a run counts.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Verify | Self::Scrub | Self::Repair => "object",
            Self::Copy => "snapshot",
            _ => "file",
        }
    }

    /// Whether damage by which nothing is lost is what it was to find.
    pub(crate) fn looks_for_damage(self) -> bool {
        matches!(self, Self::Verify | Self::Scrub | Self::Repair)
    }
}

/// How far a run is.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub(crate) work: Work,
    pub(crate) elapsed: Duration,
    /// Zero when it is not known.
    pub(crate) total_files: u64,
    pub(crate) files: u64,
    /// Zero when it is not known.
    pub(crate) total_bytes: u64,
    pub(crate) bytes: u64,
    pub(crate) problems: u64,
    pub(crate) current: PathBuf,
    /// A standstill of the network.
    pub(crate) waiting: Option<Waiting>,
}

/// When a run took place, how much it expected to do, whether it only pretended, and what it cost by then.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) duration: Duration,
    pub(crate) expected_files: u64,
    pub(crate) expected_bytes: u64,
    pub(crate) dry: bool,
    /// None where there is no network.
    pub(crate) traffic: Option<Traffic>,
}

pub(crate) fn is_directory(node: &Node) -> bool {
    node.kind == NodeKind::Directory
}
