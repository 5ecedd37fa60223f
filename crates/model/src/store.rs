//! The storage of packs and index objects: what was ever made, what is there, which requests are still under way.
//!
//! Invariant: content never changes; a name that was used is never free again.

use crate::object::{Blobs, Content, Object, Objects};

/// Packs and index objects.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Store {
    made: Vec<(Object, Content)>,
    present: Objects,
    deletes: Objects,
    deleted: Objects,
    repeated: Objects,
}

impl Store {
    /// Puts an object, durably; tells whether its name was free.
    pub(crate) fn put(&mut self, object: Object, content: Content) -> bool {
        self.present = self.present.with(object);
        let at = self.made.partition_point(|(other, _)| *other < object);
        if self.made.get(at).is_some_and(|(other, _)| *other == object) {
            return false;
        }
        self.made.insert(at, (object, content));
        true
    }

    /// Asks for objects to be deleted; each goes at any later time, or never.
    pub(crate) const fn ask_to_delete(&mut self, objects: Objects) {
        self.deletes = self.deletes.and(objects);
    }

    /// What was asked to be deleted and has not been.
    pub(crate) const fn deletes(&self) -> Objects {
        self.deletes
    }

    /// A request to delete is carried out.
    pub(crate) const fn delete(&mut self, objects: Objects) {
        self.deletes = self.deletes.without(objects);
        self.deleted = self.deleted.and(objects);
        self.present = self.present.without(objects);
    }

    /// What is gone and whose PUT might have been sent twice.
    pub(crate) const fn repeatable(&self) -> Objects {
        self.deleted.without(self.repeated).without(self.present)
    }

    /// A PUT that was sent twice arrives for the second time.
    pub(crate) fn repeat(&mut self, object: Object) {
        self.repeated = self.repeated.with(object);
        self.present = self.present.with(object);
    }

    /// What a listing shows.
    pub(crate) const fn present(&self) -> Objects {
        self.present
    }

    /// The index objects that are there, each with the packs it names.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = (Object, Objects)> {
        self.made.iter().filter(|(object, _)| self.present.has(*object)).filter_map(|(object, content)| {
            match content {
                Content::Index(packs) => Some((*object, *packs)),
                Content::Pack(_) => None,
            }
        })
    }

    /// The packs that are there.
    pub(crate) fn packs(&self) -> impl Iterator<Item = Object> {
        let packs = self.made.iter().filter(|(_, content)| matches!(content, Content::Pack(_)));
        packs.map(|(object, _)| *object).filter(|object| self.present.has(*object))
    }

    /// A pack of just these blobs that was ever made.
    pub(crate) fn pack_of(&self, blobs: Blobs) -> Option<Object> {
        self.made.iter().find(|(_, content)| *content == Content::Pack(blobs)).map(|(object, _)| *object)
    }

    /// The blobs of a pack, there or not; none for what is no pack.
    pub(crate) fn blobs(&self, pack: Object) -> Blobs {
        match self.made.iter().find(|(object, _)| *object == pack) {
            Some((_, Content::Pack(blobs))) => *blobs,
            _ => Blobs::EMPTY,
        }
    }
}
