//! What a pruner has to keep: the mark from the roots of a view, and what is swept in the end.
//!
//! Invariants: whoever marks has read every live tree of its view; if no place of a needed blob counts, nothing that
//! holds it is swept.

use crate::configuration::Prunes;
use crate::entry::{Entries, EntryId, Snapshot};
use crate::object::{Blobs, Objects};
use crate::protocol::Protocol;
use crate::rule::Rule;
use crate::view::{Place, View};
use crate::world::World;

/// What the roots of a view need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Roots {
    /// The Commits whose trees were read.
    marked: Entries,
    needs: Blobs,
}

impl Roots {
    /// The roots of a view. With a tree that cannot be read there is nothing to be decided.
    pub(crate) fn of(view: &View<'_>, unreadable: bool, protocol: &Protocol) -> Option<Self> {
        if unreadable && protocol.keeps(Rule::UnreadableStops) {
            return None;
        }
        let all: Vec<(EntryId, Snapshot, Blobs)> = if protocol.keeps(Rule::DuplicatesAreRoots) {
            view.live().collect()
        } else {
            view.snapshots().collect()
        };
        let read = all.into_iter().skip(usize::from(unreadable));
        Some(read.fold(Self { marked: Entries::EMPTY, needs: Blobs::EMPTY }, |roots, (id, _, needs)| Self {
            marked: roots.marked.with(id),
            needs: roots.needs.and(needs),
        }))
    }

    /// Whether the trees of all snapshots of a view were read.
    pub(crate) fn are_all(self, view: &View<'_>) -> bool {
        view.snapshots().all(|(id, ..)| self.marked.has(id))
    }
}

/// What of the needed stays where it is, and what has to be moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) objects: Objects,
    pub(crate) moved: Blobs,
    /// The packs that these can be read from.
    pub(crate) sources: Objects,
}

impl Kept {
    /// One place that counts for each blob; what has none is moved.
    pub(crate) fn of(roots: Roots, view: &View<'_>, world: &World, prunes: Prunes) -> Self {
        let mut kept = Self { objects: Objects::EMPTY, moved: Blobs::EMPTY, sources: Objects::EMPTY };
        for blob in roots.needs.iter() {
            let mut places = view.counting(blob, &world.store);
            let place = if prunes.prefers_last { places.last() } else { places.next() };
            match place {
                Some(Place { index, pack }) if !prunes.moves_all => {
                    kept.objects = kept.objects.with(index).with(pack);
                }
                _ => {
                    kept.moved = kept.moved.with(blob);
                    let packs = view.places(blob, &world.store).map(|place| place.pack);
                    kept.sources = packs.fold(kept.sources, Objects::with);
                }
            }
        }
        kept
    }
}

/// What must not be swept, whoever has condemned it: all that holds a needed blob of which no place counts. Of index
/// objects only those of packs that no other one names on which everybody may rely.
pub(crate) fn last_places(roots: Roots, view: &View<'_>, world: &World, protocol: &Protocol) -> Objects {
    if !protocol.keeps(Rule::LastPlaceStays) {
        return Objects::EMPTY;
    }
    let named = view.named_by_counting(&world.store);
    let mut stay = Objects::EMPTY;
    for blob in roots.needs.iter().filter(|blob| view.counting(*blob, &world.store).next().is_none()) {
        for Place { index, pack } in view.places(blob, &world.store) {
            stay = stay.with(pack);
            if !named.has(pack) {
                stay = stay.with(index);
            }
        }
    }
    stay
}
