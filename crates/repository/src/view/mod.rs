//! What a reading of the log means: the state of the repository at that moment.
//!
//! Invariant: a pure function of the set of entries; no clock, no order of names, no listing of packs.

mod anchors;
mod damage;
mod objects;
mod void;
mod wishes;

pub use objects::ObjectSet;
pub use wishes::Forgotten;

use crate::ancestry::Ancestry;
use crate::{Reading, Repository, RepositoryError};
use damage::Damages;
use lifeboat_format::{
    Anchor, Bug, Commit, Entry, EntryKind, FormatError, ObjectHash, ObjectList, PackId, RepositoryId,
    SessionId, Snapshot, SnapshotId, Statement, Timestamp, planted,
};
use std::collections::{BTreeMap, BTreeSet};
use wishes::{Amended, Wishes};

/// The state of a repository.
#[derive(Clone, Debug, Default)]
pub struct View {
    snapshots: BTreeMap<SnapshotId, Snapshot>,
    /// Further commits of snapshots, which count as well.
    doubles: Vec<Snapshot>,
    /// Those that may not be there for long.
    unsettled: BTreeSet<SnapshotId>,
    /// When it was said of each that it counts, for the first time, by the clock of who said so.
    committed: BTreeMap<SnapshotId, Timestamp>,
    unreadable: Vec<(SnapshotId, FormatError)>,
    forgotten: BTreeMap<SnapshotId, Vec<Forgotten>>,
    amended: BTreeMap<SnapshotId, Amended>,
    named: ObjectSet,
    condemned: ObjectSet,
    swept: ObjectSet,
    damaged: ObjectSet,
    anchors: BTreeMap<RepositoryId, BTreeSet<ObjectHash>>,
    provided: BTreeMap<SessionId, Provided>,
    unknown: Vec<(EntryKind, bool)>,
}

/// What a session has stored of which no commit counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provided {
    /// When it last spoke, by its own clock.
    pub at: Timestamp,
    /// The packs.
    pub packs: BTreeSet<PackId>,
}

/// What is gathered of the entries before it is put together.
#[derive(Default)]
struct Gathered {
    /// By snapshot, number within its session, and entry.
    commits: BTreeMap<(SnapshotId, u64, ObjectHash), Result<Snapshot, FormatError>>,
    /// Entries that a sweep which is still to come may make void.
    unsettled: BTreeSet<ObjectHash>,
    committed: BTreeSet<SessionId>,
    wishes: Wishes,
    damages: Damages,
    anchors: Vec<(usize, Anchor)>,
}

impl View {
    pub(crate) fn of(reading: &Reading, repository: &Repository) -> Result<Self, RepositoryError> {
        let ancestry = Ancestry::of(reading);
        let (void, unsettled) = (void::void(&ancestry), void::unsettled(&ancestry));
        let (mut view, mut gathered) = (Self::default(), Gathered::default());
        for (number, entry) in ancestry.entries().iter().enumerate() {
            let statement = Statement::of(entry)
                .map_err(|source| RepositoryError::reading(&format!("log entry {}", entry.hash), source))?;
            gathered.unsettled.extend(unsettled[number].then_some(entry.hash));
            match statement {
                Statement::Commit(commit) => {
                    let list = ObjectList { index: commit.index.clone(), packs: commit.packs.clone() };
                    match void[number] {
                        // Its author has to do it again, and will want what is stored already.
                        true => view.provide(entry, &list),
                        false => {
                            let first = view.committed.entry(commit.snapshot).or_insert(entry.header.time);
                            *first = entry.header.time.min(*first);
                            gathered.commit(entry, &commit, repository);
                        }
                    }
                    view.named.add(&list);
                }
                Statement::Unforget(unforget) if !void[number] => {
                    gathered.wishes.unforgets.push((number, unforget));
                }
                Statement::Forget(forget) => gathered.wishes.forgets.push((number, forget)),
                Statement::Amend(amend) => gathered.wishes.amends.push((number, amend)),
                Statement::Damage(list) => gathered.damages.found.push((number, list)),
                Statement::Healed(list) => gathered.damages.healed.push((number, list)),
                Statement::Anchor(anchor) => gathered.anchors.push((number, anchor)),
                other => view.take(entry, other),
            }
        }
        view.put_together(gathered, &ancestry);
        Ok(view)
    }

    /// Takes what an entry says of objects.
    fn take(&mut self, entry: &Entry, statement: Statement) {
        match statement {
            Statement::Provide(list) => {
                self.provide(entry, &list);
                self.named.add(&list);
            }
            Statement::Relocate(list) => self.named.add(&list),
            Statement::Condemn(list) => self.condemned.add(&list),
            Statement::Sweep(list) => self.swept.add(&list),
            Statement::Unknown(kind) => self.unknown.push((kind, entry.header.critical)),
            Statement::Genesis(_)
            | Statement::Commit(_)
            | Statement::Forget(_)
            | Statement::Unforget(_)
            | Statement::Amend(_)
            | Statement::Damage(_)
            | Statement::Healed(_)
            | Statement::Anchor(_) => {}
        }
    }

    fn provide(&mut self, entry: &Entry, list: &ObjectList) {
        let provided = self.provided.entry(entry.header.session).or_default();
        provided.packs.extend(&list.packs);
        provided.at = provided.at.max(entry.header.time);
    }

    fn put_together(&mut self, mut gathered: Gathered, ancestry: &Ancestry<'_>) {
        self.named.remove(&self.swept);
        self.condemned.remove(&self.swept);
        self.provided.retain(|session, _| !gathered.committed.contains(session));
        self.damaged = gathered.damages.open(ancestry);
        self.damaged.remove(&self.swept);
        self.anchors = anchors::remembered(&gathered.anchors, ancestry);
        self.forgotten = gathered.wishes.forgotten(ancestry);
        self.amended = gathered.wishes.amended(ancestry);
        let is_settled = |number: usize| !gathered.unsettled.contains(&ancestry.entries()[number].hash);
        gathered.wishes.unforgets.retain(|(number, _)| is_settled(*number));
        self.unsettled = gathered.wishes.forgotten(ancestry).into_keys().collect();
        // The last one of a session is what its author has looked at last.
        let mut last_settled = BTreeMap::new();
        for ((id, _, entry), snapshot) in gathered.commits {
            last_settled.insert(id, !gathered.unsettled.contains(&entry));
            match snapshot {
                Err(error) => self.unreadable.push((id, error)),
                Ok(snapshot) => self.doubles.extend(self.snapshots.insert(id, snapshot)),
            }
        }
        self.unsettled.extend(last_settled.into_iter().filter(|(_, is)| !is).map(|(id, _)| id));
        for (id, amended) in &self.amended {
            if let Some(snapshot) = self.snapshots.get_mut(id) {
                snapshot.tags = amended.tags.iter().cloned().collect();
            }
        }
    }

    /// All snapshots that nobody wants to be rid of, oldest first, those that started at once by id.
    #[must_use]
    pub fn snapshots(&self) -> Vec<&Snapshot> {
        let wanted = self.snapshots.values().filter(|snapshot| !self.forgotten.contains_key(&snapshot.id));
        let mut all: Vec<&Snapshot> = wanted.collect();
        all.sort_by_key(|snapshot| (snapshot.start, snapshot.id));
        all
    }

    /// Snapshots that are forgotten, as far as they are still there, and who wanted that.
    pub fn forgotten(&self) -> impl Iterator<Item = (&Snapshot, &[Forgotten])> {
        self.forgotten.iter().filter_map(|(id, wishes)| Some((self.snapshots.get(id)?, &wishes[..])))
    }

    /// Every state of every snapshot that is wanted, and of those forgotten ones of whose wishes `stays` says so.
    pub fn roots(&self, stays: impl Fn(&[Forgotten]) -> bool) -> impl Iterator<Item = &Snapshot> {
        let all = self.snapshots.values().chain(&self.doubles);
        all.filter(move |snapshot| self.forgotten.get(&snapshot.id).is_none_or(|wishes| stays(wishes)))
    }

    /// Whether any entry says that a pack is there, or was.
    pub(crate) fn has_named_pack(&self, pack: &PackId) -> bool {
        if planted(Bug::CondemnedStay) && self.condemned.packs.contains(pack) {
            return true;
        }
        [&self.named, &self.swept].iter().any(|set| set.packs.contains(pack))
    }

    /// Whether any entry says that an index object is there, or was.
    pub(crate) fn has_named_index(&self, hash: &ObjectHash) -> bool {
        [&self.named, &self.swept].iter().any(|set| set.index.contains(hash))
    }

    /// Whether somebody wants a snapshot, as it is there in this state.
    #[must_use]
    pub fn wants(&self, snapshot: &Snapshot) -> bool {
        !self.is_forgotten(snapshot.id) && self.states(snapshot.id).any(|state| state.root == snapshot.root)
    }

    /// Whether a snapshot that is wanted stays whatever others do who have condemned something and not swept it yet. Else its author, who was not
    /// told that it counts, makes it again or has died: nobody does without anything because of it.
    #[must_use]
    pub fn is_settled(&self, id: SnapshotId) -> bool {
        !self.unsettled.contains(&id)
    }

    /// From when on a snapshot could be restored from here, by the clock of who stored it.
    #[must_use]
    pub fn committed(&self, id: SnapshotId) -> Option<Timestamp> {
        self.committed.get(&id).copied()
    }

    /// Whether nobody wants a snapshot any more.
    #[must_use]
    pub fn is_forgotten(&self, id: SnapshotId) -> bool {
        self.forgotten.contains_key(&id)
    }

    /// Every state that a commit which counts has made of a snapshot: all of it has to stay. Its author may have committed it again
    /// before it was told that the first one counts.
    pub fn states(&self, id: SnapshotId) -> impl Iterator<Item = &Snapshot> {
        self.snapshots.get(&id).into_iter().chain(self.doubles.iter().filter(move |double| double.id == id))
    }

    /// Whether no policy may forget a snapshot.
    #[must_use]
    pub fn is_pinned(&self, id: SnapshotId) -> bool {
        self.amended.get(&id).is_some_and(|amended| amended.is_pinned)
    }

    /// Snapshots that cannot be opened, and why.
    #[must_use]
    pub fn unreadable(&self) -> &[(SnapshotId, FormatError)] {
        &self.unreadable
    }

    /// Index objects that any entry names, but for those that are swept.
    #[must_use]
    pub fn index(&self) -> &BTreeSet<ObjectHash> {
        &self.named.index
    }

    /// Packs that any entry names, but for those that are swept.
    #[must_use]
    pub fn packs(&self) -> &BTreeSet<PackId> {
        &self.named.packs
    }

    /// What nobody may rely on any more, though it is not swept.
    #[must_use]
    pub fn condemned(&self) -> &ObjectSet {
        &self.condemned
    }

    /// What does not exist any more, or is about to be deleted.
    #[must_use]
    pub fn swept(&self) -> &ObjectSet {
        &self.swept
    }

    /// What was found damaged or lost, and is not sound again or swept: nobody relies on it.
    #[must_use]
    pub fn damaged(&self) -> &ObjectSet {
        &self.damaged
    }

    /// The entries of another repository's log that were its newest when something was last copied between the two.
    pub fn anchors(&self, repository: RepositoryId) -> impl Iterator<Item = &ObjectHash> {
        self.anchors.get(&repository).into_iter().flatten()
    }

    /// What sessions have stored of which no commit counts: they run, or were interrupted.
    #[must_use]
    pub fn provided(&self) -> &BTreeMap<SessionId, Provided> {
        &self.provided
    }

    /// Succeeds when this program understands enough to write.
    ///
    /// # Errors
    /// [`RepositoryError::Newer`] when there is an entry of an unknown kind that writers must know.
    pub fn check_writable(&self) -> Result<(), RepositoryError> {
        match self.unknown.iter().find(|(_, critical)| *critical) {
            None => Ok(()),
            Some((kind, _)) => Err(RepositoryError::Newer {
                object: format!("log entry of kind {}", kind.0),
                source: FormatError::Newer("log entry"),
            }),
        }
    }
}

impl Gathered {
    fn commit(&mut self, entry: &Entry, commit: &Commit, repository: &Repository) {
        self.committed.insert(entry.header.session);
        let key = (commit.snapshot, entry.header.number, entry.hash);
        self.commits.insert(key, commit.open(&repository.keyring));
    }
}
