//! A repository, opened: it hands out the roles that do the work.

use crate::index::TableCache;
use crate::keys::{Unlocked, unlock};
use crate::log::{Reading, read_log};
use crate::{CacheOptions, Credential, Environment, RepositoryError, View, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{BlobHasher, Chunker, Config, Key, Keyring, ObjectHash, Statement, limits};
use std::fmt;
use std::sync::Arc;

/// An open repository.
#[derive(Clone)]
pub struct Repository {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) environment: Environment,
    pub(crate) tables: Arc<TableCache>,
    /// The key slot that opened it, and what was in it.
    pub(crate) slot: ObjectName,
    pub(crate) master: Key,
    config: Config,
    config_hash: ObjectHash,
    chunker: Chunker,
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
        let bytes = match backend.get(&layout::config(), limits::SMALL_OBJECT_MAX) {
            Err(error) if error.is_not_found() => return Err(without_config(&*backend)?),
            Err(error) if error.is_too_large() && is_foreign(&*backend)? => {
                return Err(RepositoryError::Foreign(backend.location()));
            }
            other => other?,
        };
        let config = match Config::decode(&bytes) {
            Err(_) if !Config::is_likely(&bytes) && is_foreign(&*backend)? => {
                return Err(RepositoryError::Foreign(backend.location()));
            }
            other => other.map_err(|source| RepositoryError::reading(&"config", source))?,
        };
        let Unlocked { slot, master, keyring, keys } = unlock(&*backend, credential)?;
        let chunker = keyring.chunker(config.chunker);
        let chunker = chunker.map_err(|source| RepositoryError::reading(&"config", source))?;
        let config_hash = ObjectHash::of(&bytes);
        let keyring = Arc::new(keyring);
        let tables = CacheOptions::default().tables(&keyring, config.repository);
        Ok(Self { backend, keyring, environment, tables, slot, master, config, config_hash, chunker, keys })
    }

    /// The same repository, which keeps its index as these options say.
    #[must_use]
    pub fn with_cache(self, options: &CacheOptions) -> Self {
        Self { tables: options.tables(&self.keyring, self.config.repository), ..self }
    }

    /// Its parameters.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
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
    /// When the log cannot be read, is not to be trusted, or does not bind the config and keys that are there.
    pub fn read_log(&self) -> Result<Reading, RepositoryError> {
        let reading = read_log(self)?;
        self.check_genesis(&reading)?;
        Ok(reading)
    }

    /// What a reading of the log means.
    ///
    /// # Errors
    /// When the body of an entry is not understood.
    pub fn view(&self, reading: &Reading) -> Result<View, RepositoryError> {
        View::of(reading, self)
    }

    /// Removes what killed runs have left besides objects, and gives how much that was. For runs that write.
    ///
    /// # Errors
    /// Those of the storage; what is left harms nobody.
    pub fn sweep(&self) -> Result<u64, RepositoryError> {
        Ok(self.backend.sweep()?)
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

/// Whether there is no repository on `backend`, so that one may be made; a broken one is there.
///
/// # Errors
/// When the storage cannot tell.
pub fn is_absent(backend: &dyn Backend) -> Result<bool, RepositoryError> {
    match backend.stat(&layout::config()) {
        Err(error) if error.is_not_found() => {
            Ok(matches!(without_config(backend)?, RepositoryError::NoRepository(_)))
        }
        other => Ok(other.map(|_| false)?),
    }
}

/// What it means that there is no config: a log without one is a repository that lost it, unless somebody is just
/// making one.
fn without_config(backend: &dyn Backend) -> Result<RepositoryError, BackendError> {
    let (mut log, mut claims) = (false, false);
    backend.list(layout::LOG, &mut |_| log = true)?;
    // A session that lives, or left a hint that it did, had a config.
    backend.list(layout::RUNNING, &mut |object| claims |= layout::parse_running(&object.name).is_none())?;
    Ok(match log && !claims {
        true => RepositoryError::Missing("config".into()),
        false => RepositoryError::NoRepository(backend.location()),
    })
}

/// Whether nothing but a config speaks for a repository: other programs have files of this name too.
fn is_foreign(backend: &dyn Backend) -> Result<bool, BackendError> {
    let mut own = false;
    for folder in [layout::LOG, layout::KEYS, layout::KEYRING] {
        backend.list(folder, &mut |object| own |= layout::is_own(&object.name))?;
    }
    Ok(!own)
}
