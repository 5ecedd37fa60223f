//! Packs put back as they were stored, and what the log is told of those that cannot be.
//!
//! Invariant: nothing is put under the name of a pack but bytes that hash to it, with the length that the index has of it. What was found
//! damaged stays where it is: a `Damage` in the log makes nobody rely on it (docs/log-protocol.md, "Damage").

use crate::log::mend_log;
use crate::mended::read_remains;
use crate::{KnownPack, Repository, RepositoryError, Session, layout};
use lifeboat_format::{Bug, EntryKind, ObjectList, Pack, PackId, planted};

/// Where a pack came from that is whole again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Its own parity, or what is left of it was enough.
    Parity,
    /// A replica, at this place.
    Replica(String),
}

/// What there is of a pack that no index object lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// It lies here as it was stored.
    Sound,
    /// It does so again.
    Mended(Source),
    /// Nothing has a whole copy.
    Lost,
}

impl Repository {
    /// Puts a damaged or lost pack back as it was stored, from its own parity or a replica; none where neither can give it.
    ///
    /// # Errors
    /// When the storage fails in another way than by bytes that cannot be read, or the pack cannot be stored.
    pub fn mend_pack(&self, pack: &KnownPack) -> Result<Option<Source>, RepositoryError> {
        let own = match self.remains(pack.id, pack.stored_length) {
            Err(error) if error.is_damage() => None,
            found => Some((found?, Source::Parity)),
        };
        let other = || {
            let (bytes, location) = self.pack_of_replica(pack.id, pack.stored_length)?;
            Some((bytes, Source::Replica(location)))
        };
        let Some((bytes, source)) = own.or_else(other) else { return Ok(None) };
        if !planted(Bug::MendedUnstored) {
            self.backend.replace(&layout::pack(pack.id), &bytes)?;
        }
        self.kept.drop_pack(pack.id);
        Ok(Some(source))
    }

    /// Makes whole what there is of a pack that no index object lists; tells what that took.
    ///
    /// # Errors
    /// Those of [`Repository::mend_pack`].
    pub fn mend_unlisted(&self, id: PackId) -> Result<Unlisted, RepositoryError> {
        let remains = match self.read_whole(id, 0) {
            Err(error) if error.is_damage() => None,
            read => Some(read?),
        };
        let own = match remains {
            Some(bytes) if Pack::scrub(id, &bytes).is_ok() && Pack::scrub_parity(&bytes).is_ok() => {
                return Ok(Unlisted::Sound);
            }
            Some(bytes) => {
                let length = bytes.len() as u64;
                Pack::restore(id, bytes, length).ok().map(|bytes| (bytes, Source::Parity))
            }
            None => None,
        };
        let other =
            || self.unlisted_pack_of_replica(id).map(|(bytes, place)| (bytes, Source::Replica(place)));
        let Some((bytes, source)) = own.or_else(other) else { return Ok(Unlisted::Lost) };
        self.backend.replace(&layout::pack(id), &bytes)?;
        Ok(Unlisted::Mended(source))
    }

    /// Puts back log entries that are damaged or gone, where this machine keeps what they were; gives the names of their objects.
    ///
    /// # Errors
    /// When the log cannot be listed or read, or an entry cannot be stored.
    pub fn mend_log(&self) -> Result<Vec<String>, RepositoryError> {
        let mended = mend_log(&self.control, &self.keyring)?;
        Ok(mended.iter().map(ToString::to_string).collect())
    }

    /// The whole pack `id` as it is stored with so many bytes, from what can be read of it.
    pub(crate) fn remains(&self, id: PackId, stored_length: u64) -> Result<Vec<u8>, RepositoryError> {
        let bytes = self.read_whole(id, stored_length)?;
        Pack::restore(id, bytes, stored_length)
            .map_err(|source| RepositoryError::reading(&layout::pack(id), source))
    }

    /// What can be read of a pack that is thought to have so many bytes.
    fn read_whole(&self, id: PackId, stored_length: u64) -> Result<Vec<u8>, RepositoryError> {
        let longest = self.memory().longest_pack().max(stored_length);
        read_remains(&*self.backend, id, longest, Vec::new())
    }
}

impl Session {
    /// Tells the log of copies, or of index objects that stand for others.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn relocate(&self, list: &ObjectList) -> Result<(), RepositoryError> {
        self.log.say(EntryKind::RELOCATE, list)
    }

    /// Tells the log what is damaged or lost: nobody relies on it from now on.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn damaged(&self, list: &ObjectList) -> Result<(), RepositoryError> {
        self.log.say(EntryKind::DAMAGE, list)
    }

    /// Tells the log what is sound again.
    ///
    /// # Errors
    /// When the entry cannot be stored; it may be there all the same.
    pub fn healed(&self, list: &ObjectList) -> Result<(), RepositoryError> {
        self.log.say(EntryKind::HEALED, list)
    }
}
