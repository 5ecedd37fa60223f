//! Hints that sessions live, and how those of the dead are told apart (docs/log-protocol.md, "Running hints").
//!
//! Invariant: nothing here decides about safety. A hint may be missing, late or wrong; whoever believes it wrongly wastes
//! work, or says something odd to people. One that a newer version wrote, or that cannot be opened, is left alone.

use crate::{Environment, Repository, RepositoryError, layout};
use lifeboat_backend::ObjectName;
use lifeboat_format::{Bug, FormatError, Process, Running, SessionId, Timestamp, limits, planted};
use std::collections::{BTreeMap, BTreeSet};

/// Age in seconds at which a session of which nothing can be known counts as dead: fourteen days.
const AGE_MAX: u64 = 14 * 24 * 60 * 60;

/// The hint of a session that lives.
#[derive(Debug)]
#[must_use = "it stays in the repository until it is removed"]
pub struct RunningHint {
    repository: Repository,
    name: ObjectName,
}

impl RunningHint {
    pub(crate) fn put(
        repository: &Repository,
        session: SessionId,
        verb: &str,
    ) -> Result<Self, RepositoryError> {
        let Environment { clock, random, processes } = &repository.environment;
        let name = layout::running(session);
        let process = processes.this().map_err(RepositoryError::Process)?;
        let running = Running::new(process, clock.now(), verb.to_owned());
        let bytes = running.seal(session, repository.keyring.log(), &**random);
        repository.backend.put(&name, &bytes)?;
        Ok(Self { repository: repository.clone(), name })
    }

    /// Removes it, because the session ends. That it is gone already is no error.
    ///
    /// # Errors
    /// When the storage cannot delete it.
    pub fn remove(self) -> Result<(), RepositoryError> {
        self.repository.remove_hint(&self.name)
    }
}

/// All hints that lie in a repository.
#[derive(Debug, Default)]
pub struct RunningHints {
    /// Of sessions that live, as far as anybody can know.
    pub alive: Vec<Running>,
    /// These sessions.
    pub sessions: BTreeSet<SessionId>,
    /// Of sessions that ended without removing them.
    pub dead: Vec<Running>,
    /// Names of those that cannot be read, and why.
    pub unread: Vec<(String, FormatError)>,
    buried: Vec<ObjectName>,
}

impl Repository {
    /// All hints that lie in the repository.
    ///
    /// # Errors
    /// When they cannot be listed or read.
    pub fn running(&self) -> Result<RunningHints, RepositoryError> {
        self.hints_beside(None)
    }

    /// Removes the hints of the dead, for a session that lives. What they have stored and nobody named is looked for.
    pub(crate) fn remove_dead_hints(&self, own: SessionId) -> Result<(), RepositoryError> {
        let buried = self.hints_beside(Some(own))?.buried;
        if !buried.is_empty() {
            self.kept.forget_listing();
        }
        buried.iter().try_for_each(|name| self.remove_hint(name))
    }

    /// All hints but that of one session.
    fn hints_beside(&self, own: Option<SessionId>) -> Result<RunningHints, RepositoryError> {
        let mut sessions = BTreeMap::new();
        self.backend.list(layout::RUNNING, &mut |object| {
            let session = layout::parse_running(&object.name).filter(|session| Some(*session) != own);
            sessions.extend(session.map(|session| (object.name, session)));
        })?;
        let (mut hints, mut failed) = (RunningHints::default(), Ok(()));
        let names: Vec<_> = sessions.keys().cloned().collect();
        self.backend.get_many(&names, limits::SMALL_OBJECT_MAX, &mut |name, got| {
            let bytes = match got {
                // It has ended meanwhile.
                Err(error) if error.is_not_found() => return,
                Err(error) if error.is_too_large() => Err(FormatError::Limit("running hint")),
                Err(error) if error.is_damaged() => Err(FormatError::Unreadable("running hint")),
                Err(error) => return failed = Err(error),
                Ok(bytes) => Ok(bytes),
            };
            let running = bytes.and_then(|bytes| Running::open(sessions[name], &bytes, self.keyring.log()));
            hints.add(name, running, &self.environment);
        });
        failed?;
        Ok(hints)
    }

    fn remove_hint(&self, name: &ObjectName) -> Result<(), RepositoryError> {
        if planted(Bug::HintsStay) {
            return Ok(());
        }
        match self.backend.delete(name) {
            Err(error) if error.is_not_found() => Ok(()),
            other => Ok(other?),
        }
    }
}

impl RunningHints {
    fn add(&mut self, name: &ObjectName, running: Result<Running, FormatError>, environment: &Environment) {
        match running {
            Err(error) => self.unread.push((name.to_string(), error)),
            Ok(running) if is_dead(&running, environment) => {
                self.dead.push(running);
                self.buried.push(name.clone());
            }
            Ok(running) => {
                self.sessions.extend(layout::parse_running(name));
                self.alive.push(running);
            }
        }
    }
}

/// Whether a session has ended, as far as this process can know. Of another machine only the time can tell, as of a
/// process in another namespace of this one.
fn is_dead(running: &Running, environment: &Environment) -> bool {
    let Process { host, boot, pid_namespace, pid, start } = &running.process;
    match environment.processes.this() {
        Ok(own) if own.host == *host && own.boot != *boot => true,
        Ok(own) if own.host == *host && own.pid_namespace == *pid_namespace => {
            environment.processes.started(*pid) != Some(*start)
        }
        _ => is_old(running.time, environment.clock.now()),
    }
}

/// A time far ahead was as wrong as one far behind.
fn is_old(time: Timestamp, now: Timestamp) -> bool {
    now.seconds.abs_diff(time.seconds) >= AGE_MAX
}
