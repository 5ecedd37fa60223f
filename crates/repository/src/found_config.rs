//! Finding the config: which of its two copies counts, and what it means that there is none.
//!
//! Its name binds no content. So the copy that decodes counts, and where two that decode differ, the one that the
//! genesis entry binds; whether the log binds the one that was found is checked by every reading. Invariant: where a
//! sound config says that there are no second copies, no other name is asked for.

use crate::control::{ControlObjects, Unread};
use crate::layout::Promise;
use crate::log::read_log;
use crate::{RepositoryError, layout};
use lifeboat_backend::{Backend, BackendError, ObjectName};
use lifeboat_format::{Config, FormatError, Keyring, ObjectHash, Statement, limits};

/// A config that decodes.
#[derive(Debug)]
pub(crate) struct FoundConfig {
    pub(crate) config: Config,
    /// Of its bytes as they are stored.
    pub(crate) hash: ObjectHash,
    /// Its second copy, where that is another one.
    other: Option<Box<Self>>,
    /// Why it is the second copy.
    refused: Option<RepositoryError>,
}

/// Why a copy is no config.
struct Refused {
    why: Unread,
    /// Whether nothing in it reminds of one.
    is_strange: bool,
}

/// The config of the repository on `backend`.
///
/// # Errors
/// [`RepositoryError::NoRepository`] and [`RepositoryError::Foreign`]; damage, a newer format, or the storage.
pub(crate) fn find_config(backend: &dyn Backend) -> Result<FoundConfig, RepositoryError> {
    let name = layout::config();
    let first = read(backend, &name);
    if first.as_ref().is_ok_and(FoundConfig::is_alone) {
        return first.map_err(|refused| refused.why.into_error(&name));
    }
    match (first, read(backend, &layout::second(&name))) {
        (Ok(first), Ok(second)) if first.hash != second.hash => {
            Ok(FoundConfig { other: Some(Box::new(second)), ..first })
        }
        (Ok(first), _) => Ok(first),
        (Err(refused), Ok(second)) => {
            Ok(FoundConfig { refused: Some(refused.why.into_error(&name)), ..second })
        }
        (Err(refused), Err(other)) => {
            let refused = if refused.why.is_not_found() { other } else { refused };
            match refused {
                Refused { why, .. } if why.is_not_found() => Err(without_config(backend)?),
                Refused { is_strange: true, .. } if is_foreign(backend)? => {
                    Err(RepositoryError::Foreign(backend.location()))
                }
                Refused { why, .. } => Err(why.into_error(&name)),
            }
        }
    }
}

impl FoundConfig {
    /// Whether there are second copies of control objects.
    pub(crate) fn has_second_copies(&self) -> bool {
        let of_other = self.other.as_ref().is_some_and(|other| other.config.second_copies);
        self.config.second_copies || self.refused.is_some() || of_other
    }

    /// The one of two that the log binds, once it can be read.
    ///
    /// # Errors
    /// When there are two and the log cannot be read or trusted.
    pub(crate) fn settle(self, control: &ControlObjects, keyring: &Keyring) -> Result<Self, RepositoryError> {
        let damaged = |source| RepositoryError::reading(&layout::config(), source);
        let refused = match &self {
            Self { refused: Some(_), .. } => return Ok(self.tell(control)),
            Self { other: None, .. } => return Ok(self),
            _ => damaged(FormatError::NotAuthentic("config")),
        };
        let reading = read_log(control, keyring)?;
        let binds = |config: &Self| {
            reading.entries().filter_map(|entry| Statement::of(entry).ok()).any(
                |statement| matches!(statement, Statement::Genesis(genesis) if genesis.config == config.hash),
            )
        };
        match self.other {
            Some(other) if binds(&other) => Ok(Self { refused: Some(refused), ..*other }.tell(control)),
            other => Ok(Self { other, ..self }),
        }
    }

    fn tell(self, control: &ControlObjects) -> Self {
        if let Some(error) = self.refused {
            control.note(&layout::config(), error);
        }
        Self { refused: None, ..self }
    }

    /// Whether it can be believed that there is no second copy: what a flipped bit makes of a config that says
    /// otherwise is encoded in another way than writers do.
    fn is_alone(&self) -> bool {
        !self.config.second_copies && ObjectHash::of(&self.config.encode()) == self.hash
    }
}

fn read(backend: &dyn Backend, name: &ObjectName) -> Result<FoundConfig, Refused> {
    let bytes = backend
        .get(name, limits::SMALL_OBJECT_MAX)
        .map_err(|error| Refused { is_strange: error.is_too_large(), why: Unread::Storage(error) })?;
    let config = Config::decode(&bytes)
        .map_err(|error| Refused { why: Unread::Format(error), is_strange: !Config::is_likely(&bytes) })?;
    Ok(FoundConfig { config, hash: ObjectHash::of(&bytes), other: None, refused: None })
}

/// Whether there is no repository on `backend`, so that one may be made; a broken one is there.
///
/// # Errors
/// When the storage cannot tell.
pub fn is_absent(backend: &dyn Backend) -> Result<bool, RepositoryError> {
    let mut unclear = None;
    for name in [layout::config(), layout::second(&layout::config())] {
        match backend.stat(&name) {
            Ok(_) => return Ok(false),
            Err(error) if error.is_not_found() => {}
            Err(error) => unclear = unclear.or(Some(error)),
        }
    }
    match unclear {
        Some(error) => Err(error.into()),
        None => Ok(matches!(without_config(backend)?, RepositoryError::NoRepository(_))),
    }
}

/// What it means that there is no config: a log without one is a repository that lost it, unless somebody is just
/// making one.
pub(crate) fn without_config(backend: &dyn Backend) -> Result<RepositoryError, BackendError> {
    let (mut log, mut claims) = (false, false);
    for folder in [layout::LOG.to_owned(), layout::second_folder(layout::LOG)] {
        backend.list(&folder, &mut |_| log = true)?;
    }
    // A session that lives, or left a hint that it did, had a config.
    backend.list(layout::RUNNING, &mut |object| claims |= layout::parse_running(&object.name).is_none())?;
    Ok(match log && !claims {
        true => RepositoryError::Missing("config".into()),
        false => RepositoryError::NoRepository(backend.location()),
    })
}

/// Whether nothing but a config speaks for a repository: other programs have files of this name too.
pub(crate) fn is_foreign(backend: &dyn Backend) -> Result<bool, BackendError> {
    let mut own = false;
    for folder in [layout::LOG, layout::KEYS, layout::KEYRING] {
        for folder in [folder.to_owned(), layout::second_folder(folder)] {
            backend.list(&folder, &mut |object| own |= Promise::parse(&object.name).is_some())?;
        }
    }
    Ok(!own)
}
