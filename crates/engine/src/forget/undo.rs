//! `forget --undo`: what is forgotten and still whole is wanted again.
//!
//! Invariant: a snapshot is wanted again only when every blob of it has a place that counts; the same as for a commit, the wish is put again
//! where somebody condemned anything meanwhile.

use crate::current::load_settled;
use crate::prune::kept_until;
use crate::reach::reach;
use crate::select::{faults_of, find_among};
use crate::{EngineError, Observer, Problem};
use lifeboat_format::{BlobId, BlobPrefix, Role, Snapshot, Timestamp};
use lifeboat_repository::{BlobReader, Regained, Repository, RepositoryError, Session, View};
use std::collections::HashSet;
use std::sync::Arc;

/// A snapshot that is forgotten and can be had back.
#[derive(Clone, Debug)]
pub struct Undoable {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Why it is forgotten.
    pub reason: String,
    /// When it was forgotten last, by the clock of whoever did.
    pub forgotten: Timestamp,
    /// Until when no prune sweeps it, but one with `now`.
    pub kept_until: Timestamp,
}

/// What was had back.
#[derive(Clone, Debug, Default)]
pub struct UndoReport {
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// Entries that are damaged or forged.
    pub problems: Vec<Problem>,
}

/// The snapshots that are forgotten and still whole, oldest first.
///
/// # Errors
/// When the log or the index cannot be read, or the observer wants to stop.
pub fn undoable(repository: &Repository, observer: &dyn Observer) -> Result<Vec<Undoable>, EngineError> {
    let view = repository.view(&repository.read_log()?)?;
    undoable_of(repository, &view, observer)
}

/// Those of a view.
pub(crate) fn undoable_of(
    repository: &Repository,
    view: &View,
    observer: &dyn Observer,
) -> Result<Vec<Undoable>, EngineError> {
    if view.forgotten().next().is_none() {
        return Ok(Vec::new());
    }
    let (index, stored) = (Arc::new(repository.load_index(view)?), repository.entry_times()?);
    let mut whole = Whole::of(repository.reader(index));
    let mut found = Vec::new();
    for (snapshot, wishes) in view.forgotten() {
        let Some(last) = wishes.iter().max_by_key(|wish| wish.at) else { continue };
        if whole.has(view, snapshot, observer)? {
            found.push(Undoable {
                snapshot: snapshot.clone(),
                reason: last.reason.clone(),
                forgotten: last.at,
                kept_until: kept_until(wishes, &stored),
            });
        }
    }
    found.sort_by_key(|undoable| (undoable.snapshot.start, undoable.snapshot.id));
    Ok(found)
}

/// Takes back that snapshots are forgotten.
///
/// # Errors
/// When a reference fits no forgotten snapshot, or something that one needs is gone or about to go; when the log cannot be read or
/// written.
pub fn undo(
    repository: &Repository,
    named: &[String],
    observer: &dyn Observer,
) -> Result<UndoReport, EngineError> {
    let mut session = Session::start(repository)?;
    let problems = faults_of(session.forged());
    let snapshots = choose(session.view(), named)?;
    let ids: Vec<_> = snapshots.iter().map(|snapshot| snapshot.id).collect();
    loop {
        let index = load_settled(repository, &mut session, |view| Ok(repository.load_index(view)?))?;
        let index = Arc::new(index);
        let mut whole = Whole::of(session.reader(Arc::clone(&index)));
        for snapshot in &snapshots {
            if !whole.has(session.view(), snapshot, observer)? {
                return Err(EngineError::TooLate(snapshot.id));
            }
        }
        match session.unforget(ids.clone(), &index)? {
            Regained::All => return Ok(UndoReport { snapshots, problems }),
            Regained::Overtaken(overtaken) => session = *overtaken,
        }
    }
}

/// The forgotten snapshots that are meant.
fn choose(view: &View, named: &[String]) -> Result<Vec<Snapshot>, EngineError> {
    let mut forgotten: Vec<&Snapshot> = view.forgotten().map(|(snapshot, _)| snapshot).collect();
    forgotten.sort_by_key(|snapshot| (snapshot.start, snapshot.id));
    let mut chosen: Vec<Snapshot> = Vec::new();
    for reference in named {
        let found = find_among(&forgotten, reference, true).map_err(|error| {
            match find_among(&view.snapshots(), reference, true) {
                Ok(wanted) => EngineError::NotForgotten(wanted.id),
                Err(_) => error,
            }
        })?;
        if !chosen.iter().any(|snapshot| snapshot.id == found.id) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

/// A look at what snapshots need, each page once.
struct Whole {
    reader: BlobReader,
    known: HashSet<BlobPrefix>,
}

impl Whole {
    fn of(reader: BlobReader) -> Self {
        Self { reader, known: HashSet::new() }
    }

    /// Whether every blob of every state of a snapshot has a place that counts.
    fn has(
        &mut self,
        view: &View,
        snapshot: &Snapshot,
        observer: &dyn Observer,
    ) -> Result<bool, EngineError> {
        let check = || match observer.should_stop() {
            true => Err(EngineError::Interrupted),
            false => Ok(()),
        };
        let Self { reader, known } = self;
        let mut need = |role: Role, id: &BlobId| match reader.index().contains(id)? {
            true => Ok(role == Role::Tree && known.insert(BlobPrefix::from(id))),
            false => Err(EngineError::from(RepositoryError::Missing(format!("blob {id}")))),
        };
        let mut states = view.states(snapshot.id);
        let found = states.try_for_each(|state| reach(reader, &state.root, check, &mut need));
        match found {
            Err(EngineError::Repository(error)) if error.is_damage() => {
                // Below a page that is known there may be what is missing.
                known.clear();
                Ok(false)
            }
            found => found.map(|()| true),
        }
    }
}
