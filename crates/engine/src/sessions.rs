//! `sessions`: who is at work, and what waits for whom.

use crate::forget::undoable_of;
use crate::prune::{RESUME, later};
use crate::select::log_faults;
use crate::{EngineError, Observer, Problem, Undoable};
use lifeboat_format::{ObjectHash, PackId, Process, SessionId, Timestamp};
use lifeboat_repository::{ObjectSet, Repository, Running, RunningHints, View};
use std::collections::BTreeMap;

/// Who is at work, and what waits for whom.
#[derive(Clone, Debug, Default)]
pub struct SessionsReport {
    /// Who lives, as far as anybody can know.
    pub running: Vec<RunningSession>,
    /// Who ended without a word: the next backup removes their hints.
    pub ended: Vec<RunningSession>,
    /// Hints that cannot be read, and why.
    pub unread: Vec<(String, String)>,
    /// What backups have stored that no snapshot names yet.
    pub provided: Vec<ProvidedPacks>,
    /// Snapshots that are forgotten and can be had back.
    pub forgotten: Vec<Undoable>,
    /// What nobody relies on any more: the next prune sweeps what of it is not needed.
    pub condemned: Waiting,
    /// What does not exist any more: the next prune deletes it.
    pub swept: Waiting,
    /// Entries that are damaged or forged.
    pub problems: Vec<Problem>,
}

/// A run that said that it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningSession {
    /// What it does, as it is typed.
    pub verb: String,
    /// Name of its machine.
    pub host: String,
    /// Number of its process.
    pub pid: u32,
    /// When it began, by its own clock.
    pub since: Timestamp,
    /// Whether it runs on this machine.
    pub is_here: bool,
}

/// What a session has stored of which no commit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvidedPacks {
    /// The session.
    pub session: SessionId,
    /// Whether it lives, as far as anybody can know.
    pub is_running: bool,
    /// Packs that are there.
    pub packs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When it last spoke, by its own clock.
    pub spoke: Timestamp,
    /// Until when no prune takes them away.
    pub kept_until: Timestamp,
}

/// Objects that are in the storage and wait for a prune.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Packs.
    pub packs: u64,
    /// Index objects.
    pub index: u64,
    /// Their bytes, second copies counted once.
    pub bytes: u64,
}

/// What is in the storage, with lengths in bytes.
struct Stored {
    packs: BTreeMap<PackId, u64>,
    index: BTreeMap<ObjectHash, u64>,
}

/// Tells who is at work, and what waits.
///
/// # Errors
/// When the log, the hints or the listings cannot be read, or the observer wants to stop.
pub fn sessions(repository: &Repository, observer: &dyn Observer) -> Result<SessionsReport, EngineError> {
    let reading = repository.read_log()?;
    let view = repository.view(&reading)?;
    let hints = repository.running()?;
    let this = repository.environment().processes.this().ok();
    let running = |running: &Running| RunningSession::of(running, this.as_ref());
    let stored = Stored { packs: repository.list_packs()?, index: repository.list_index()? };
    Ok(SessionsReport {
        running: hints.alive.iter().map(running).collect(),
        ended: hints.dead.iter().map(running).collect(),
        unread: hints.unread.iter().map(|(name, error)| (name.clone(), error.to_string())).collect(),
        provided: provided(&view, &hints, &stored),
        forgotten: undoable_of(repository, &view, observer)?,
        condemned: stored.waiting(view.condemned()),
        swept: stored.waiting(view.swept()),
        problems: log_faults(&reading, &view),
    })
}

fn provided(view: &View, hints: &RunningHints, stored: &Stored) -> Vec<ProvidedPacks> {
    let provided = view.provided().iter().map(|(session, provided)| {
        let lengths = provided.packs.iter().filter_map(|pack| stored.packs.get(pack));
        ProvidedPacks {
            session: *session,
            is_running: hints.sessions.contains(session),
            packs: lengths.clone().count() as u64,
            bytes: lengths.sum(),
            spoke: provided.at,
            kept_until: later(provided.at, RESUME.cast_signed()),
        }
    });
    let mut provided: Vec<_> = provided.filter(|provided| provided.packs > 0).collect();
    provided.sort_by_key(|provided| (provided.spoke, provided.session));
    provided
}

impl RunningSession {
    fn of(running: &Running, this: Option<&Process>) -> Self {
        let Process { host, pid, .. } = &running.process;
        let is_here = this.is_some_and(|this| this.host == *host);
        Self { verb: running.verb.clone(), host: host.clone(), pid: *pid, since: running.time, is_here }
    }
}

impl Waiting {
    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packs + self.index == 0
    }
}

impl Stored {
    /// What of these objects is there.
    fn waiting(&self, objects: &ObjectSet) -> Waiting {
        let packs = objects.packs.iter().filter_map(|pack| self.packs.get(pack));
        let index = objects.index.iter().filter_map(|hash| self.index.get(hash));
        Waiting {
            packs: packs.clone().count() as u64,
            index: index.clone().count() as u64,
            bytes: packs.chain(index).sum(),
        }
    }
}
