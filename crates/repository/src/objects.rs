//! The stored objects of a repository, for whoever can read them and has no key.
//!
//! Invariant: nothing is opened and no password is needed. That an object is what its name says is proved by hashes;
//! of the config and of key slots, whose names are no hashes, only that they are well-formed and bear their id.

use crate::found_config::{is_foreign, without_config};
use crate::layout::Promise;
use crate::mended::read_remains;
use crate::{Memory, RepositoryError, layout};
use lifeboat_backend::{Backend, ObjectInfo, ObjectName};
use lifeboat_format::{
    Compression, Config, EvidenceHash, FormatError, ObjectHash, Pack, RepositoryId, Slot, Timestamp, limits,
};
use std::sync::Arc;

/// The objects of a repository.
#[derive(Debug)]
pub struct Objects {
    backend: Arc<dyn Backend>,
    /// As far as a copy of it is sound.
    config: Option<Config>,
}

/// What kind of object a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// The parameters of the repository.
    Config,
    /// A way in.
    KeySlot,
    /// A key of the keyring.
    Key,
    /// An entry of the log.
    LogEntry,
    /// An index object.
    Index,
    /// A pack.
    Pack,
    /// What a rehearsal proved.
    Evidence,
}

/// An object that the storage lists under a name that repositories give.
#[derive(Clone, Debug)]
pub struct StoredObject {
    name: ObjectName,
    promise: Promise,
    size: u64,
}

/// What a listing shows.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// All objects but packs, both copies of each next to each other.
    pub control: Vec<StoredObject>,
    /// How many packs there are.
    pub packs: u64,
    /// Lengths of all of them in bytes, packs and others.
    pub bytes: u64,
    /// Objects under names that no repository gives.
    pub foreign: u64,
    /// The name of one of them.
    pub example: Option<String>,
}

impl StoredObject {
    fn of(info: ObjectInfo) -> Option<Self> {
        let promise = Promise::parse(&info.name)?;
        Some(Self { name: info.name, promise, size: info.size })
    }

    /// Its name in the storage.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.to_string()
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ObjectKind {
        match self.promise {
            Promise::Config => ObjectKind::Config,
            Promise::Slot(_) => ObjectKind::KeySlot,
            Promise::Key(_) => ObjectKind::Key,
            Promise::Entry(_) => ObjectKind::LogEntry,
            Promise::Index(_) => ObjectKind::Index,
            Promise::Pack(_) => ObjectKind::Pack,
            Promise::Evidence(_) => ObjectKind::Evidence,
        }
    }

    /// Whether both are copies of one object.
    #[must_use]
    pub fn is_copy_of(&self, other: &Self) -> bool {
        layout::first_copy(&self.name) == layout::first_copy(&other.name)
    }

    /// Whether the bytes are what the name promises.
    fn check(&self, bytes: &[u8]) -> Result<(), FormatError> {
        let hashes = |hash, what| match ObjectHash::of(bytes) == hash {
            true => Ok(()),
            false => Err(FormatError::WrongHash(what)),
        };
        match self.promise {
            Promise::Config => Config::decode(bytes).map(drop),
            Promise::Slot(id) => match Slot::decode(bytes)?.id == id {
                true => Ok(()),
                false => Err(FormatError::Malformed("key slot: it lies under the name of another")),
            },
            Promise::Key(hash) => hashes(hash, "key"),
            Promise::Entry(hash) => hashes(hash, "log entry"),
            Promise::Index(hash) => hashes(hash, "index object"),
            Promise::Evidence(hash) => match EvidenceHash::of(bytes) == hash {
                true => Ok(()),
                false => Err(FormatError::WrongHash("evidence")),
            },
            Promise::Pack(id) => Pack::scrub(id, bytes).and_then(|_| Pack::scrub_parity(bytes)),
        }
    }
}

impl Objects {
    /// Those of the repository that lies on `backend`.
    ///
    /// # Errors
    /// [`RepositoryError::NoRepository`], [`RepositoryError::Foreign`], and what the storage meets. A config that is
    /// damaged or lost is none: that is for [`Objects::check`] and the survey to tell.
    pub fn open(backend: Arc<dyn Backend>) -> Result<Self, RepositoryError> {
        let names = [layout::config(), layout::second(&layout::config())];
        let looks = names.iter().map(|name| look_at_config(&*backend, name));
        let looks = looks.collect::<Result<Vec<_>, _>>()?;
        if looks.iter().all(|look| *look == ConfigLook::Absent) {
            if let error @ RepositoryError::NoRepository(_) = without_config(&*backend)? {
                return Err(error);
            }
        } else if looks.iter().all(|look| matches!(look, ConfigLook::Absent | ConfigLook::Other))
            && is_foreign(&*backend)?
        {
            return Err(RepositoryError::Foreign(backend.location()));
        }
        let sound = |look| match look {
            ConfigLook::Sound(config) => Some(*config),
            _ => None,
        };
        let configs = looks.into_iter().filter_map(sound);
        Ok(Self { backend, config: configs.max_by_key(|config| config.second_copies) })
    }

    /// So many bytes, shared out among at most so many threads; without a sound config as for usual sizes.
    #[must_use]
    pub fn memory(&self, max: u64, threads: usize) -> Memory {
        let usual = || Config::new(RepositoryId::default(), Timestamp::default());
        let config = self.config.clone().unwrap_or_else(usual);
        Memory::within(max, threads, &config, Compression::default(), self.backend.is_remote())
    }

    /// Lists everything.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn survey(&self) -> Result<Survey, RepositoryError> {
        let mut survey = Survey::default();
        self.backend.list("", &mut |info| {
            let (size, name) = (info.size, info.name.to_string());
            match StoredObject::of(info) {
                Some(object) => {
                    survey.bytes += size;
                    match object.kind() {
                        ObjectKind::Pack => survey.packs += 1,
                        _ => survey.control.push(object),
                    }
                }
                // Hints are no objects that could be sound.
                None if name.starts_with(layout::RUNNING) => {}
                None => {
                    survey.foreign += 1;
                    survey.example.get_or_insert(name);
                }
            }
        })?;
        survey.control.sort_by_cached_key(|object| (layout::first_copy(&object.name), object.name.clone()));
        Ok(survey)
    }

    /// The packs whose names begin with this byte.
    ///
    /// # Errors
    /// When the storage cannot be listed.
    pub fn packs(&self, first: u8) -> Result<Vec<StoredObject>, RepositoryError> {
        let mut packs = Vec::new();
        let folder = format!("{}{first:02x}/", layout::PACKS);
        self.backend.list(&folder, &mut |info| packs.extend(StoredObject::of(info)))?;
        Ok(packs)
    }

    /// Whether an object is what its name says. It is in `buffer` afterwards, if it is.
    ///
    /// # Errors
    /// Damage, a newer format, or [`RepositoryError::Missing`] when it is gone since it was listed.
    pub fn check(&self, object: &StoredObject, buffer: &mut Vec<u8>) -> Result<(), RepositoryError> {
        let damaged = |source| RepositoryError::reading(&object.name, source);
        let length = usize::try_from(object.size).ok().filter(|_| object.size <= self.limit(object.promise));
        buffer.resize(length.ok_or_else(|| damaged(FormatError::Limit("length")))?, 0);
        match self.backend.get_range(&object.name, 0, buffer) {
            Err(error) if error.is_not_found() => Err(RepositoryError::Missing(object.name())),
            Err(error) if error.is_short() => Err(damaged(FormatError::Malformed("length"))),
            Err(error) => Err(error.into()),
            Ok(()) => object.check(buffer).map_err(damaged),
        }
    }

    /// The most bytes that an object may have.
    fn limit(&self, promise: Promise) -> u64 {
        match promise {
            Promise::Config | Promise::Slot(_) | Promise::Key(_) => limits::SMALL_OBJECT_MAX,
            Promise::Entry(_) => limits::ENTRY_MAX,
            Promise::Index(_) => limits::INDEX_MAX,
            Promise::Evidence(_) => limits::EVIDENCE_MAX,
            // Without a config nobody knows how long they are here.
            Promise::Pack(_) if self.config.is_none() => limits::PACK_STORED_MAX,
            Promise::Pack(_) => self.memory(0, 1).longest_pack(),
        }
    }

    /// Whether a damaged object is a pack that its parity gives back; it is read once more for it, as far as it can be.
    ///
    /// # Errors
    /// When the storage fails in another way than by bytes that cannot be read.
    pub fn can_mend(&self, object: &StoredObject) -> Result<bool, RepositoryError> {
        let Promise::Pack(id) = object.promise else { return Ok(false) };
        match read_remains(&*self.backend, id, self.limit(object.promise), Vec::new()) {
            Ok(bytes) => Ok(Pack::heal(id, bytes).is_ok()),
            Err(error) if error.is_damage() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn has_second_copies(&self) -> bool {
        self.config.as_ref().is_some_and(|config| config.second_copies)
    }

    /// The name of the other copy of an object, where there has to be one and there is none.
    ///
    /// # Errors
    /// When the storage cannot tell.
    pub fn lacking_copy(&self, object: &StoredObject) -> Result<Option<String>, RepositoryError> {
        let Some(other) = layout::other_copy(&object.name).filter(|_| self.has_second_copies()) else {
            return Ok(None);
        };
        match self.backend.stat(&other) {
            Err(error) if error.is_not_found() => Ok(Some(other.to_string())),
            found => Ok(found.map(|_| None)?),
        }
    }
}

/// What lies under the name of a config.
#[derive(PartialEq, Eq)]
enum ConfigLook {
    Absent,
    /// A config.
    Sound(Box<Config>),
    /// What is left of one.
    Broken,
    /// Nothing that looks like one.
    Other,
}

fn look_at_config(backend: &dyn Backend, name: &ObjectName) -> Result<ConfigLook, RepositoryError> {
    match backend.get(name, limits::SMALL_OBJECT_MAX) {
        Err(error) if error.is_not_found() => Ok(ConfigLook::Absent),
        Err(error) if error.is_too_large() => Ok(ConfigLook::Other),
        Err(error) if error.is_damaged() => Ok(ConfigLook::Broken),
        Err(error) => Err(error.into()),
        Ok(bytes) => Ok(match Config::decode(&bytes) {
            Ok(config) => ConfigLook::Sound(Box::new(config)),
            Err(_) if Config::is_likely(&bytes) => ConfigLook::Broken,
            Err(_) => ConfigLook::Other,
        }),
    }
}
