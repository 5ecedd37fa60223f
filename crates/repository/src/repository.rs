//! A repository, opened: it hands out the roles that do the work.

use crate::control::ControlObjects;
use crate::found_config::{FoundConfig, find_config};
use crate::heads::Heads;
use crate::index::TableCache;
use crate::kept::Kept;
use crate::keys::{Unlocked, cost_of_trying, unlock};
use crate::log::{Reading, read_log};
use crate::replica::Replicas;
use crate::{CacheOptions, Credential, Environment, Memory, RepositoryError, View};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{BlobHasher, Chunker, Compression, Config, Key, Keyring, ObjectHash, Statement};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Threads that a repository is used by when nothing is said.
const THREADS: usize = 2;

/// An open repository.
#[derive(Clone)]
pub struct Repository {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) control: ControlObjects,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) environment: Environment,
    pub(crate) tables: Arc<TableCache>,
    pub(crate) kept: Kept,
    pub(crate) heads: Heads,
    /// The key slot that opened it, and what was in it.
    pub(crate) slot: ObjectName,
    pub(crate) master: Key,
    config: Config,
    pub(crate) config_hash: ObjectHash,
    chunker: Chunker,
    memory: Memory,
    pub(crate) replicas: Arc<Replicas>,
    keys: Vec<lifeboat_format::KeyId>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({})", self.config.repository)
    }
}

impl Repository {
    /// Opens the repository that lies on `backend`.
    ///
    /// # Errors
    /// [`RepositoryError::NoRepository`] without a config, [`RepositoryError::Foreign`] with that of another program,
    /// [`RepositoryError::WrongKey`] when no slot opens, damage or a newer format otherwise.
    pub fn open(
        backend: Arc<dyn Backend>,
        credential: &Credential,
        environment: Environment,
    ) -> Result<Self, RepositoryError> {
        Self::open_with_cache(backend, credential, environment, &CacheOptions::default())
    }

    /// The same, with what this machine keeps of it as these options say.
    ///
    /// # Errors
    /// As [`Repository::open`].
    pub fn open_with_cache(
        backend: Arc<dyn Backend>,
        credential: &Credential,
        environment: Environment,
        options: &CacheOptions,
    ) -> Result<Self, RepositoryError> {
        let found = find_config(&*backend)?;
        let kept = options.kept(&*backend, found.config.repository);
        let control = ControlObjects::new(Arc::clone(&backend), found.has_second_copies());
        let control = control.keeping(kept.clone());
        let Unlocked { slot, master, keyring, keys } = unlock(&control, credential)?;
        let FoundConfig { config, hash: config_hash, .. } = found.settle(&control, &keyring)?;
        let chunker = keyring.chunker(config.chunker);
        let chunker = chunker.map_err(|source| RepositoryError::reading(&"config", source))?;
        let keyring = Arc::new(keyring);
        let (usual, compression) = (Memory::USUAL, Compression::default());
        let memory = Memory::within(usual, THREADS, &config, compression, backend.is_remote());
        let tables = options.tables(&keyring, config.repository);
        let heads = options.heads(&*backend, &keyring, config.repository);
        Ok(Self {
            backend,
            control,
            keyring,
            environment,
            tables,
            kept,
            heads,
            slot,
            master,
            config,
            config_hash,
            chunker,
            memory,
            replicas: Arc::default(),
            keys,
        })
    }

    /// The same repository, of which this machine keeps its index, and more, as these options say.
    #[must_use]
    pub fn with_cache(self, options: &CacheOptions) -> Self {
        let tables = options.tables(&self.keyring, self.config.repository);
        let heads = options.heads(&*self.backend, &self.keyring, self.config.repository);
        Self { tables, heads, ..self.clone() }.keeping(options.kept(&*self.backend, self.config.repository))
    }

    /// The same repository for whoever wants to know what is in the storage: of what this machine keeps nothing but tables of
    /// the index is asked for.
    #[must_use]
    pub fn anew(&self) -> Self {
        self.keeping(self.kept.doubted())
    }

    pub(crate) fn keeping(&self, kept: Kept) -> Self {
        Self { control: self.control.keeping(kept.clone()), kept, ..self.clone() }
    }

    /// The least memory in bytes that the repository on `backend` can be used in, what trying the credential costs
    /// included.
    ///
    /// # Errors
    /// As [`Repository::open`], but for those of the keys.
    pub fn smallest_memory(
        backend: &Arc<dyn Backend>,
        credential: &Credential,
        compression: Compression,
    ) -> Result<u64, RepositoryError> {
        let found = find_config(&**backend)?;
        let control = ControlObjects::new(Arc::clone(backend), found.has_second_copies());
        let cost = cost_of_trying(&control, credential)?;
        Ok(Memory::smallest_with_password(&found.config, compression, cost))
    }

    /// The same repository within so many bytes, used by at most so many threads that compress so hard.
    #[must_use]
    pub fn within(self, max: u64, threads: usize, compression: Compression) -> Self {
        let memory = Memory::within(max, threads, &self.config, compression, self.backend.is_remote());
        Self { memory, ..self }
    }

    /// The limits that it is used within.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Its parameters.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether blobs and packs have the same names in the other one, and each opens what the other one has stored.
    #[must_use]
    pub fn has_keys_of(&self, other: &Self) -> bool {
        self.keyring.key_set() == other.keyring.key_set()
    }

    /// Clock and randomness.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Where it lies, for people.
    #[must_use]
    pub fn location(&self) -> String {
        self.backend.location()
    }

    /// Cuts files.
    #[must_use]
    pub fn chunker(&self) -> &Chunker {
        &self.chunker
    }

    /// Decides where directories are cut into pages.
    #[must_use]
    pub fn page_key(&self) -> Key {
        self.keyring.page_key()
    }

    /// The log as it is now.
    ///
    /// # Errors
    /// When the log cannot be read, is not to be trusted, does not bind the config and keys that are there, or lacks what was in
    /// it before.
    pub fn read_log(&self) -> Result<Reading, RepositoryError> {
        let known = self.heads.known();
        let reading = read_log(&self.control, &self.keyring)?;
        self.check_genesis(&reading)?;
        self.heads.check(&reading, &known)?;
        Ok(reading)
    }

    /// What a reading of the log means.
    ///
    /// # Errors
    /// When the body of an entry is not understood.
    pub fn view(&self, reading: &Reading) -> Result<View, RepositoryError> {
        View::of(reading, self)
    }

    /// Whether somebody has swept anything since this view: what is missing then need not be lost.
    ///
    /// # Errors
    /// As [`Repository::read_log`].
    pub fn has_swept_since(&self, view: &View) -> Result<bool, RepositoryError> {
        Ok(self.view(&self.read_log()?)?.swept() != view.swept())
    }

    /// Removes what killed runs have left besides objects, and gives how much that was. For runs that write.
    ///
    /// # Errors
    /// Those of the storage; what is left harms nobody.
    pub fn sweep(&self) -> Result<u64, RepositoryError> {
        let now = self.environment.clock.now();
        self.heads.sweep(now);
        self.kept.sweep(now);
        Ok(self.backend.sweep()?)
    }

    /// Tries whether the index can be kept on this machine for the next run, and gives where; none where it is not to be
    /// kept.
    ///
    /// # Errors
    /// [`RepositoryError::Cache`] when it cannot.
    pub fn try_cache(&self) -> Result<Option<PathBuf>, RepositoryError> {
        let failed =
            |source| RepositoryError::Cache { place: self.tables.place().display().to_string(), source };
        self.tables.try_folder().map_err(failed)
    }

    pub(crate) fn blob_hasher(&self) -> BlobHasher {
        self.keyring.blob_hasher()
    }

    fn check_genesis(&self, reading: &Reading) -> Result<(), RepositoryError> {
        let mut known = false;
        for entry in reading.entries() {
            if let Ok(Statement::Genesis(genesis)) = Statement::of(entry) {
                known = true;
                if genesis.config != self.config_hash {
                    return Err(RepositoryError::Tampered(
                        "the config is not the one it was made with".into(),
                    ));
                }
                if let Some(missing) = genesis.keys.iter().find(|key| !self.keys.contains(key)) {
                    return Err(RepositoryError::Missing(format!("key {missing} of the keyring")));
                }
            }
        }
        if known {
            return Ok(());
        }
        // One of the entries that are damaged may be it.
        match reading.faults().iter().find(|(_, error)| error.is_accident()) {
            Some((object, error)) => Err(RepositoryError::reading(object, error.clone())),
            None => Err(RepositoryError::Missing("first entry of the log".into())),
        }
    }
}
