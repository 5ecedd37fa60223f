//! Making a repository.
//!
//! Several machines may try at once: each raises a flag and then looks for the others', so that at most one goes
//! on (docs/log-protocol.md, "init"). The store is tried out before anything that counts is stored. The config is written
//! last: without it there is no repository.

use crate::control::ControlObjects;
use crate::layout::Promise;
use crate::log::put_entry;
use crate::probe::{Door, StoreProbe, probe};
use crate::slots::store_slot;
use crate::{Credential, Environment, Memory, Repository, RepositoryError, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{
    Chunker, ChunkerParams, Compression, Config, Draft, EntryKind, Genesis, KdfParams, Key, Keyring,
    ObjectHash, RepositoryId, SessionId, Slot, SlotAbout, Timestamp,
};
use std::sync::Arc;
use std::time::Duration;

/// What is decided when a repository is made.
#[derive(Clone, Debug, Default)]
pub struct InitOptions {
    /// What a password costs to try.
    pub kdf: KdfParams,
    /// Who makes its first key slot.
    pub about: SlotAbout,
    /// A repository whose keys it gets, and whose sizes of chunks: each of the two can take over what the other one has stored.
    pub same_keys_as: Option<Repository>,
    /// Average size of chunks in bytes, when not the usual one; nothing where the keys are those of another repository.
    pub chunk_average: Option<u32>,
    /// Size at which packs are closed in bytes, when not the usual one.
    pub pack_size: Option<u32>,
    /// Percent of parity that packs get, at most 25; 0 for none.
    pub parity: u32,
    /// Whether control objects have second copies, so that either may vanish.
    pub second_copies: bool,
    /// Ways to the place, through all of which it is tried out; that of the backend alone when there are none.
    pub doors: Vec<Door>,
}

impl InitOptions {
    /// The least memory in bytes that the repository can be made and used in.
    #[must_use]
    pub fn smallest_memory(&self, compression: Compression) -> u64 {
        let config = self.config(RepositoryId::default(), Timestamp::default());
        Memory::smallest_with_password(&config, compression, u64::from(self.kdf.memory_kib) << 10)
    }

    fn config(&self, repository: RepositoryId, created: Timestamp) -> Config {
        let mut config = Config::new(repository, created);
        config.chunker = self.chunk_average.map_or(config.chunker, ChunkerParams::around);
        if let Some(other) = &self.same_keys_as {
            config.chunker = other.config().chunker;
        }
        config.pack = self.pack_size.unwrap_or(config.pack);
        config.parity = self.parity;
        config.second_copies = self.second_copies;
        // A pack holds several segments, however small it is.
        config.data_segment = config.data_segment.min(config.pack / 4);
        config.tree_segment = config.tree_segment.min(config.pack / 4);
        config
    }
}

/// Times somebody else's claim is waited for, about three seconds in all.
const TRIES: u32 = 8;

/// Makes a repository in an empty place and opens it; tells besides how the place behaves. One that may show changes late
/// makes it exclusive.
///
/// # Errors
/// [`RepositoryError::Exists`] when there is one, also when somebody else was faster; [`RepositoryError::NotEmpty`]
/// when something else is there; [`RepositoryError::Unfinished`] when an `init` began there and does not end.
pub fn init(
    backend: Arc<dyn Backend>,
    credential: &Credential,
    options: &InitOptions,
    environment: Environment,
) -> Result<(Repository, StoreProbe), RepositoryError> {
    for attempt in 1..=TRIES {
        let session = SessionId::new(environment.random.array());
        let claim = layout::init_claim(session);
        backend.put(&claim, b"")?;
        let place = look(&*backend, Some(&claim));
        let made = match place {
            Ok(Place::Empty) => Some(make(&backend, credential, options, &environment, session)),
            _ => None,
        };
        match backend.delete(&claim) {
            // Who may not delete leaves a hint behind, and it is the only thing they leave.
            Err(error) if error.is_denied() => {}
            other => other?,
        }
        if let Some(made) = made {
            return made.and_then(|found| Ok((Repository::open(backend, credential, environment)?, found)));
        }
        match place? {
            Place::Repository => return Err(RepositoryError::Exists(backend.location())),
            Place::Foreign => return Err(RepositoryError::NotEmpty(backend.location())),
            Place::Empty | Place::Unfinished => {
                let [random] = environment.random.array();
                let wait = Duration::from_millis(u64::from(attempt) * (30 + u64::from(random) / 2));
                environment.clock.sleep(wait);
            }
        }
    }
    Err(RepositoryError::Unfinished(backend.location()))
}

/// Tries out the place and makes the repository in it.
fn make(
    backend: &Arc<dyn Backend>,
    credential: &Credential,
    options: &InitOptions,
    environment: &Environment,
    session: SessionId,
) -> Result<StoreProbe, RepositoryError> {
    let alone = [Door { name: backend.location(), backend: Arc::clone(backend) }];
    let doors = if options.doors.is_empty() { &alone } else { &options.doors[..] };
    let found = probe(doors, None, environment);
    let control = ControlObjects::new(Arc::clone(backend), options.second_copies);
    // The first error is the one to tell; what stays behind is met as an unfinished init.
    create(&control, credential, options, environment, session, !found.is_consistent())
        .inspect_err(|_| drop(remove_all(&**backend)))?;
    Ok(found)
}

/// Whether a place holds a repository, what an `init` has begun, or nothing: anything else belongs to others. No object is
/// asked for by its name, because a store may remember what was not there.
///
/// # Errors
/// When the storage cannot be listed.
pub fn is_ours(backend: &dyn Backend) -> Result<bool, RepositoryError> {
    let mut has_keys = false;
    for folder in [layout::KEYS.to_owned(), layout::second_folder(layout::KEYS)] {
        backend.list(&folder, &mut |object| has_keys |= Promise::parse(&object.name).is_some())?;
    }
    Ok(has_keys || !matches!(look(backend, None)?, Place::Foreign))
}

/// What lies where a repository is to be made.
enum Place {
    /// Nothing but the own claim.
    Empty,
    /// A repository.
    Repository,
    /// What an `init` puts before the config, and nothing else.
    Unfinished,
    /// Something else.
    Foreign,
}

fn look(backend: &dyn Backend, claim: Option<&ObjectName>) -> Result<Place, RepositoryError> {
    const OF_INIT: [&str; 5] = [layout::RUNNING, layout::KEYS, layout::KEYRING, layout::LOG, layout::PROBE];
    let (mut repository, mut unfinished, mut foreign) = (false, false, false);
    backend.list("", &mut |object| {
        let name = layout::first_copy(&object.name);
        let of_init = OF_INIT.iter().any(|folder| name.as_str().starts_with(folder));
        repository |= name == layout::config();
        // What a probe has left says nothing of an init.
        unfinished |= Some(&object.name) != claim && of_init && !name.as_str().starts_with(layout::PROBE);
        foreign |= !of_init;
    })?;
    Ok(match (repository, foreign, unfinished) {
        (true, _, _) => Place::Repository,
        (false, true, _) => Place::Foreign,
        (false, false, true) => Place::Unfinished,
        (false, false, false) => Place::Empty,
    })
}

/// Removes what an own `init` left, unless the config or its second copy is there: then it may be in use already.
fn remove_all(backend: &dyn Backend) -> Result<(), BackendError> {
    if [layout::config(), layout::second(&layout::config())].iter().any(|name| backend.stat(name).is_ok()) {
        return Ok(());
    }
    for folder in [layout::LOG, layout::KEYRING, layout::KEYS] {
        for folder in [folder.to_owned(), layout::second_folder(folder)] {
            let mut own = Vec::new();
            backend.list(&folder, &mut |object| own.push(object.name))?;
            own.iter().try_for_each(|name| backend.delete(name))?;
        }
    }
    Ok(())
}

fn create(
    control: &ControlObjects,
    credential: &Credential,
    options: &InitOptions,
    environment: &Environment,
    session: SessionId,
    exclusive: bool,
) -> Result<(), RepositoryError> {
    let (random, now) = (&*environment.random, environment.clock.now());
    let mut config = options.config(RepositoryId::new(random.array()), now);
    config.exclusive = exclusive;
    let (master, objects) = match &options.same_keys_as {
        Some(other) => other.keys()?,
        None => {
            let master = Key::random(random);
            let objects = Keyring::generate(&master, random);
            (master, objects)
        }
    };
    let slot = Slot::create(&master, credential, options.kdf, &options.about, now, random)?;
    store_slot(control, &slot, credential)?;

    for key in &objects {
        control.put(&layout::key(key.id, ObjectHash::of(&key.bytes)), &key.bytes)?;
    }
    let (keyring, keys) = Keyring::assemble(&master, objects.iter().map(|key| &key.bytes[..]))?;
    let _checked: Chunker = keyring.chunker(config.chunker)?;
    let config = config.encode();
    let genesis = Genesis { config: ObjectHash::of(&config), keys };
    let draft = Draft {
        session,
        number: 0,
        seen: Vec::new(),
        kind: EntryKind::GENESIS,
        critical: true,
        time: now,
        body: genesis.encode(),
    };
    put_entry(control, draft, &keyring, random)?;
    Ok(control.put(&layout::config(), &config)?)
}
