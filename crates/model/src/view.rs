//! What a reading amounts to: which snapshots live, on what nobody may rely, which places blobs have.
//!
//! Invariant: it is a function of the set of entries alone, never of an order in which they came.

use crate::entry::{Entries, Entry, EntryId, Says, Snapshot};
use crate::log::Log;
use crate::object::{Blob, Blobs, Object, Objects, Session};
use crate::protocol::Protocol;
use crate::rule::Rule;
use crate::store::Store;

/// The view of a reading.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    log: &'a Log,
    pub(crate) reading: Entries,
    pub(crate) void: Entries,
    /// Packs and index objects that some entry names, void ones too.
    pub(crate) named: Objects,
    /// What somebody has condemned.
    condemned: Objects,
    pub(crate) swept: Objects,
    pairs: bool,
}

/// A pack, and an index object that names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) index: Object,
    pub(crate) pack: Object,
}

impl<'a> View<'a> {
    pub(crate) fn of(log: &'a Log, reading: Entries, protocol: &Protocol) -> Self {
        let mut view = Self {
            log,
            reading,
            void: void(log, reading, protocol),
            named: Objects::EMPTY,
            condemned: Objects::EMPTY,
            swept: Objects::EMPTY,
            pairs: protocol.keeps(Rule::PlacesArePairs),
        };
        for entry in log.of(reading) {
            if !view.void.has(entry.id) || protocol.keeps(Rule::VoidEntriesName) {
                view.named = view.named.and(entry.says.adds());
            }
            match entry.says {
                Says::Condemn(objects) if view.stays_condemned(entry, protocol) => {
                    view.condemned = view.condemned.and(objects);
                }
                Says::Sweep(objects) => view.swept = view.swept.and(objects),
                _ => {}
            }
        }
        view
    }

    /// The view of somebody who does not care what others than this one have condemned.
    pub(crate) fn only_condemned_by(mut self, session: Session) -> Self {
        self.condemned = self.log.of(self.reading).filter(|entry| entry.id.session() == session).fold(
            Objects::EMPTY,
            |objects, entry| match entry.says {
                Says::Condemn(condemned) => objects.and(condemned),
                _ => objects,
            },
        );
        self
    }

    /// Whether a snapshot is forgotten: by a Forget that no Unforget which is not void has seen.
    pub(crate) fn is_forgotten(&self, snapshot: Snapshot) -> bool {
        let cancelled = |forget: EntryId| {
            self.log.of(self.reading).any(|entry| {
                entry.says == Says::Unforget(snapshot) && !self.void.has(entry.id) && entry.seen.has(forget)
            })
        };
        self.log.of(self.reading).any(|entry| entry.says == Says::Forget(snapshot) && !cancelled(entry.id))
    }

    /// The Commits that are neither void nor forgotten, with what they need. All are roots.
    pub(crate) fn live(&self) -> impl Iterator<Item = (EntryId, Snapshot, Blobs)> + '_ {
        self.log.of(self.reading).filter_map(|entry| match entry.says {
            Says::Commit { snapshot, needs, .. }
                if !self.void.has(entry.id) && !self.is_forgotten(snapshot) =>
            {
                Some((entry.id, snapshot, needs))
            }
            _ => None,
        })
    }

    /// Those of them that are snapshots: of several Commits of one, the last of its session.
    pub(crate) fn snapshots(&self) -> impl Iterator<Item = (EntryId, Snapshot, Blobs)> + '_ {
        let superseded =
            |id: EntryId, snapshot| self.live().any(|(other, of, _)| of == snapshot && other > id);
        self.live().filter(move |(id, snapshot, _)| !superseded(*id, *snapshot))
    }

    /// What the snapshot that is not void was made of, forgotten or not.
    pub(crate) fn needs_of(&self, snapshot: Snapshot) -> Blobs {
        self.log.of(self.reading).fold(Blobs::EMPTY, |blobs, entry| match entry.says {
            Says::Commit { snapshot: of, needs, .. } if of == snapshot && !self.void.has(entry.id) => {
                blobs.and(needs)
            }
            _ => blobs,
        })
    }

    /// The places of a blob of which nothing is swept, and both parts are there.
    pub(crate) fn places<'s>(&'s self, blob: Blob, store: &'s Store) -> impl Iterator<Item = Place> + 's {
        let indexes = store.indexes().filter(|(index, _)| self.named.has(*index) && !self.swept.has(*index));
        indexes.flat_map(move |(index, packs)| {
            let packs = packs.without(self.swept).common(store.present());
            let holds = packs.iter().filter(move |pack| store.blobs(*pack).has(blob));
            holds.map(move |pack| Place { index, pack })
        })
    }

    /// Those of them that count: on both parts everybody may rely.
    pub(crate) fn counting<'s>(&'s self, blob: Blob, store: &'s Store) -> impl Iterator<Item = Place> + 's {
        self.places(blob, store).filter(|place| {
            !self.condemned.has(place.pack) && (!self.pairs || !self.condemned.has(place.index))
        })
    }

    /// Whether a pack is the pack of a place that counts.
    pub(crate) fn pack_counts(&self, pack: Object, store: &Store) -> bool {
        self.may_be_relied_on(pack) && store.present().has(pack) && self.named_by_counting(store).has(pack)
    }

    /// The packs that index objects name on which everybody may rely.
    pub(crate) fn named_by_counting(&self, store: &Store) -> Objects {
        let indexes = store.indexes().filter(|(index, _)| {
            let counts = !self.condemned.has(*index) || !self.pairs;
            self.named.has(*index) && !self.swept.has(*index) && counts
        });
        indexes.fold(Objects::EMPTY, |packs, (_, named)| packs.and(named))
    }

    /// Whether nobody has condemned or swept it.
    pub(crate) fn may_be_relied_on(&self, object: Object) -> bool {
        !self.condemned.has(object) && !self.swept.has(object)
    }

    /// Whether everything that is condemned is swept.
    pub(crate) const fn nothing_is_pending(&self) -> bool {
        self.swept.has_all(self.condemned)
    }

    /// Whether nobody can have swept, without knowing of it, what an entry relies on: it has seen every Condemn of the
    /// reading, or its Sweep has seen the entry.
    pub(crate) fn confirms(&self, id: EntryId, seen: Entries) -> bool {
        let honoured =
            |session: Session| self.sweeps().any(|sweep| sweep.id.session() == session && sweep.seen.has(id));
        let condemns = self.log.of(self.reading).filter(|entry| matches!(entry.says, Says::Condemn(_)));
        condemns.into_iter().all(|entry| seen.has(entry.id) || honoured(entry.id.session()))
    }

    fn sweeps(&self) -> impl Iterator<Item = &'a Entry> {
        self.log.of(self.reading).filter(|entry| matches!(entry.says, Says::Sweep(_)))
    }

    /// Whether nothing ends a Condemn. Without the rules its own Sweep does, or that others have put entries since.
    fn stays_condemned(&self, condemn: &Entry, protocol: &Protocol) -> bool {
        let session = condemn.id.session();
        let swept = self.sweeps().any(|sweep| sweep.id.session() == session);
        let mut since = self.log.of(self.reading).filter(|other| other.seen.has(condemn.id));
        let stale = !swept && since.any(|other| other.id.session() != session);
        let ends = |happens, rule| happens && !protocol.keeps(rule);
        !ends(swept, Rule::CondemnedWhenSpared) && !ends(stale, Rule::CondemnedForEver)
    }
}

/// The Commits and Unforgets that some Sweep has not seen, and that have not seen the Condemn of that Sweep.
fn void(log: &Log, reading: Entries, protocol: &Protocol) -> Entries {
    let voidable = |says| match says {
        Says::Commit { .. } => protocol.keeps(Rule::CommitsAreVoidable),
        Says::Unforget(_) => protocol.keeps(Rule::UnforgetsAreVoidable),
        _ => false,
    };
    let condemn = |session: Session| {
        log.of(reading)
            .find(|entry| entry.id.session() == session && matches!(entry.says, Says::Condemn(_)))
            .map(|entry| entry.id)
    };
    let concurrent = |entry: &Entry| {
        log.of(reading).filter(|sweep| matches!(sweep.says, Says::Sweep(_))).any(|sweep| {
            !sweep.seen.has(entry.id)
                && condemn(sweep.id.session()).is_none_or(|condemn| !entry.seen.has(condemn))
        })
    };
    let entries = log.of(reading).filter(|entry| voidable(entry.says) && concurrent(entry));
    entries.map(|entry| entry.id).collect()
}
