//! The entries that a session puts into the log, one after the other.
//!
//! The first one has seen the reading that the session, or its round, began with, each later one the entry before it, and with it that
//! same reading and nothing newer: what a session says of what it stored itself needs no newer reading, and a `Commit`
//! must not claim one (docs/log-protocol.md, "Provide").
//!
//! Invariant: no number is used twice. A number is spent before its entry is put, and when that fails nobody knows whether
//! the entry is there: the session then puts none any more.

use crate::log::put_entry;
use crate::{Repository, RepositoryError};
use lifeboat_format::{Draft, EntryKind, ObjectHash, ObjectList, SessionId};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What a session says.
#[derive(Debug)]
pub(crate) struct SessionLog {
    repository: Repository,
    session: SessionId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Number of the next entry; none once an entry could not be put.
    next: Option<u64>,
    seen: Vec<ObjectHash>,
    /// When the session last spoke, or began, by the clock that never goes backwards.
    spoke: Duration,
}

impl SessionLog {
    /// Of a session that began with a reading of these heads.
    pub(crate) fn new(repository: &Repository, session: SessionId, heads: Vec<ObjectHash>) -> Self {
        let spoke = repository.environment().clock.elapsed();
        let state = Mutex::new(State { next: Some(0), seen: heads, spoke });
        Self { repository: repository.clone(), session, state }
    }

    /// Whose entries they are.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// Puts the next entry, durably.
    ///
    /// # Errors
    /// When it cannot be stored; from then on always.
    pub(crate) fn put(&self, kind: EntryKind, body: Vec<u8>) -> Result<ObjectHash, RepositoryError> {
        let environment = self.repository.environment();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = state.next.take().ok_or_else(|| {
            RepositoryError::Missing(format!("an earlier log entry of session {}", self.session))
        })?;
        let draft = Draft {
            session: self.session,
            number,
            seen: state.seen.clone(),
            kind,
            critical: true,
            time: environment.clock.now(),
            body,
        };
        let hash =
            put_entry(&self.repository.control, draft, &self.repository.keyring, &*environment.random)?;
        *state = State { next: Some(number + 1), seen: vec![hash], spoke: environment.clock.elapsed() };
        Ok(hash)
    }

    /// Says something of objects, if there are any.
    ///
    /// # Errors
    /// As [`SessionLog::put`].
    pub(crate) fn say(&self, kind: EntryKind, list: &ObjectList) -> Result<(), RepositoryError> {
        match list.is_empty() {
            true => Ok(()),
            false => self.put(kind, list.encode()).map(drop),
        }
    }

    /// What it says from now on was decided by a reading of these heads, its own among them or their ancestors.
    pub(crate) fn begin_again(&self, heads: Vec<ObjectHash>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).seen = heads;
    }

    /// How long ago it last spoke, or began.
    pub(crate) fn silence(&self) -> Duration {
        let spoke = self.state.lock().unwrap_or_else(PoisonError::into_inner).spoke;
        self.repository.environment().clock.elapsed().saturating_sub(spoke)
    }
}
