//! What all share: the log, the storage, and the first invariant that a step has broken.

use crate::entry::{Entries, Entry, EntryId, Says, Snapshot};
use crate::invariant::Invariant;
use crate::log::Log;
use crate::object::{Blobs, Content, Object, Objects, Session, blobs};
use crate::store::Store;

/// The repository.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct World {
    /// The log.
    pub(crate) log: Log,
    /// Packs and index objects.
    pub(crate) store: Store,
    /// What only the step can see that breaks it.
    pub(crate) broken: Option<Invariant>,
}

impl World {
    /// A snapshot of two blobs. One lies in two packs, one in the second of them, and one index object names both.
    pub(crate) fn new(forgotten: bool) -> Self {
        let (mut world, session) = (Self::default(), Session(0));
        let [first, second, index] = [0, 1, 2].map(|n| Object::new(session, n));
        let packs = [first, second].into_iter().collect();
        world.put(first, Content::Pack(blobs("a")));
        world.put(second, Content::Pack(blobs("ab")));
        world.put(index, Content::Index(packs));
        let says = Says::Commit { snapshot: Snapshot(session), needs: blobs("ab"), adds: packs.with(index) };
        world.log.put(Entry { id: EntryId::new(session, 0), seen: Entries::EMPTY, says });
        if forgotten {
            let says = Says::Forget(Snapshot(session));
            world.log.put(Entry { id: EntryId::new(session, 1), seen: world.log.all(), says });
        }
        world
    }

    /// Puts an object, durably.
    pub(crate) fn put(&mut self, object: Object, content: Content) {
        if !self.store.put(object, content) {
            self.breaks(Invariant::Names);
        }
    }

    /// Puts an entry, or loses the PUT of it. Whoever has seen an entry has seen its ancestors.
    pub(crate) fn put_entry(&mut self, mut entry: Entry, lost: bool) {
        entry.seen = entry.seen.and(self.log.ancestors(entry.seen));
        if lost { self.log.lose(entry) } else { self.log.put(entry) }
    }

    /// Notes that a step has broken an invariant.
    pub(crate) fn breaks(&mut self, invariant: Invariant) {
        self.broken.get_or_insert(invariant);
    }

    /// Carries out requests to delete.
    pub(crate) fn delete(&mut self, objects: Objects) {
        let swept = self.log.of(self.log.all()).fold(Objects::EMPTY, |swept, entry| match entry.says {
            Says::Sweep(objects) => swept.and(objects),
            _ => swept,
        });
        if !swept.has_all(objects) {
            self.breaks(Invariant::SweepBeforeDelete);
        }
        self.store.delete(objects);
    }

    /// Which of some blobs lie in these packs.
    pub(crate) fn blobs_of(&self, packs: Objects) -> Blobs {
        packs.iter().fold(Blobs::EMPTY, |blobs: Blobs, pack| blobs.and(self.store.blobs(pack)))
    }
}
