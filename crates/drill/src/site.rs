//! What a drill is handed: repositories, and what it takes from its machine.

use crate::DrillError;
use crate::record::Who;
use crate::sandbox::Surroundings;
use crate::storage::Watched;
use lifeboat_backend::Backend;
use lifeboat_engine::{Compression, Workers};
use lifeboat_repository::{CacheOptions, Credential, Environment, Repository};
use std::path::PathBuf;
use std::sync::Arc;

/// A repository.
#[derive(Clone)]
pub struct Place {
    /// What the plan calls it: a name of the configuration, else `primary`.
    pub name: String,
    /// Its storage.
    pub backend: Arc<dyn Backend>,
    /// What opens it.
    pub credential: Credential,
    /// Its directory, where it is one of this machine.
    pub directory: Option<PathBuf>,
}

/// What a drill has.
pub struct Site {
    /// The repository that is tested.
    pub tested: Place,
    /// The repository that a disaster took, where the drill is about one: it must not be read.
    pub primary: Option<Place>,
    /// What the plan calls the key that opens what is tested, where the drill is about one.
    pub key: Option<String>,
    /// Those with the same keys that may heal what is tested.
    pub replicas: Vec<Place>,
    /// Time, randomness, processes.
    pub environment: Environment,
    /// Bytes of memory that it may take.
    pub memory: u64,
    /// Threads that it may use.
    pub threads: usize,
    /// Where sandboxes are made if the plan names no place.
    pub temporary: PathBuf,
    /// The directory of the user.
    pub home: Option<PathBuf>,
    /// What this machine usually keeps of the repository, for drills that may use it.
    pub cache: CacheOptions,
    /// Who drills.
    pub who: Who,
}

impl Site {
    /// Opens a repository through storage that is looked at, by what lies in it alone.
    pub(crate) fn open(&self, place: &Place, storage: Arc<dyn Backend>) -> Result<Repository, DrillError> {
        let repository = Repository::open(storage, &place.credential, self.environment.clone())?;
        Ok(repository.within(self.memory, self.threads, Compression::default()))
    }

    /// The same with what this machine may keep of it.
    pub(crate) fn caching(&self, repository: &Repository, options: &CacheOptions) -> Repository {
        let memory = repository.memory().index_cache();
        repository.clone().with_cache(&CacheOptions { memory, ..options.clone() })
    }

    pub(crate) fn workers(repository: &Repository) -> Result<Workers, DrillError> {
        Workers::within(repository.memory()).map_err(DrillError::Threads)
    }

    /// What no sandbox may touch, beside the sources.
    pub(crate) fn surroundings(&self, sources: Vec<PathBuf>) -> Surroundings {
        let places = [&self.tested].into_iter().chain(&self.replicas);
        let repositories = places.filter_map(|place| place.directory.clone()).collect();
        Surroundings { sources, repositories, home: self.home.clone() }
    }
}

/// What was asked of the storage of each of several repositories.
#[derive(Debug, Default)]
pub(crate) struct Meters(pub(crate) Vec<Arc<Watched>>);

impl Meters {
    pub(crate) fn requests(&self) -> u64 {
        self.0.iter().map(|meter| meter.requests()).sum()
    }

    pub(crate) fn bytes_read(&self) -> u64 {
        self.0.iter().map(|meter| meter.bytes_read()).sum()
    }

    pub(crate) fn changes_refused(&self) -> u64 {
        self.0.iter().map(|meter| meter.changes_refused()).sum()
    }

    pub(crate) fn is_beyond_limits(&self) -> bool {
        self.0.iter().any(|meter| meter.is_beyond_limits())
    }
}
