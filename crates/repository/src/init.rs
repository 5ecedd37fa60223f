//! Making a repository.
//!
//! Several machines may try at once: each raises a flag and then looks for the others', so that at most one goes
//! on (docs/log-protocol.md, "init"). The config is written last: without it there is no repository.

use crate::log::put_entry;
use crate::{Credential, Environment, Repository, RepositoryError, layout};
use lifeboat_backend::{Backend, ObjectName};
use lifeboat_format::{
    Chunker, ChunkerParams, Config, Draft, EntryKind, Genesis, KdfParams, Key, Keyring, ObjectHash,
    RepositoryId, SessionId, Slot,
};
use std::sync::Arc;

/// What is decided when a repository is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct InitOptions {
    /// What a password costs to try.
    pub kdf: KdfParams,
    /// Average size of chunks in bytes, when not the usual one.
    pub chunk_average: Option<u32>,
    /// Size at which packs are closed in bytes, when not the usual one.
    pub pack_size: Option<u32>,
}

/// Makes a repository in an empty place and opens it.
///
/// # Errors
/// [`RepositoryError::Exists`] or [`RepositoryError::NotEmpty`] when the place is not empty, whoever filled it.
pub fn init(
    backend: Arc<dyn Backend>,
    credential: &Credential,
    options: InitOptions,
    environment: Environment,
) -> Result<Repository, RepositoryError> {
    let session = SessionId::new(environment.random.array());
    let claim = layout::init_claim(session);
    backend.put(&claim, b"")?;
    let made = match alone(&*backend, &claim) {
        Ok(()) => create(&*backend, credential, options, &environment, session),
        Err(error) => Err(error),
    };
    backend.delete(&claim)?;
    made?;
    Repository::open(backend, credential, environment)
}

/// Succeeds when the claim is the only object there is.
fn alone(backend: &dyn Backend, claim: &ObjectName) -> Result<(), RepositoryError> {
    let (mut others, mut exists) = (false, false);
    backend.list("", &mut |object| {
        others |= object.name != *claim;
        exists |= object.name == layout::config();
    })?;
    match (exists, others) {
        (true, _) => Err(RepositoryError::Exists(backend.location())),
        (false, true) => Err(RepositoryError::NotEmpty(backend.location())),
        (false, false) => Ok(()),
    }
}

fn create(
    backend: &dyn Backend,
    credential: &Credential,
    options: InitOptions,
    environment: &Environment,
    session: SessionId,
) -> Result<(), RepositoryError> {
    let (random, now) = (&*environment.random, environment.clock.now());
    let mut config = Config::new(RepositoryId::new(random.array()), now);
    config.chunker = options.chunk_average.map_or(config.chunker, ChunkerParams::around);
    config.pack = options.pack_size.unwrap_or(config.pack);
    // A pack holds several segments, however small it is.
    config.data_segment = config.data_segment.min(config.pack / 4);
    config.tree_segment = config.tree_segment.min(config.pack / 4);
    let master = Key::new(random.array());
    let slot = Slot::create(&master, credential.bytes(), options.kdf, now, random)?;
    let name = layout::slot(slot.id);
    backend.put(&name, &slot.encode())?;
    verify_slot(backend, &name, credential)?;

    let objects = Keyring::generate(&master, random);
    for key in &objects {
        backend.put(&layout::key(key.id, ObjectHash::of(&key.bytes)), &key.bytes)?;
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
    put_entry(backend, draft, &keyring, random)?;
    Ok(backend.put(&layout::config(), &config)?)
}

/// A slot that does not open again must not be the only way in.
fn verify_slot(
    backend: &dyn Backend,
    name: &ObjectName,
    credential: &Credential,
) -> Result<(), RepositoryError> {
    let stored = backend.get(name, lifeboat_format::limits::SMALL_OBJECT_MAX)?;
    let opened = Slot::decode(&stored).and_then(|slot| slot.open(credential.bytes()));
    opened.map(drop).map_err(|source| RepositoryError::reading(&name, source))
}
