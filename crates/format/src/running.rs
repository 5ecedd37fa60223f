//! Hints that a session lives: which process of which machine it is.
//!
//! Spec: docs/format.md#running-hints. Whoever reads one learns what its author said, not what is true now.

use crate::{FormatError, LogKeys, Random, SealContext, SealRole, SessionId, Timestamp, wire};
use minicbor::{Decode, Encode};

const VERSION: u32 = 1;

/// A process, told apart from all others there ever were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Process {
    /// Name of its machine.
    #[n(0)]
    pub host: String,
    /// What names the time since that machine was started.
    #[n(1)]
    pub boot: String,
    /// Number of the namespace in which its number counts.
    #[n(2)]
    pub pid_namespace: u64,
    /// Its number.
    #[n(3)]
    pub pid: u32,
    /// When it was started, in clock ticks since the machine was.
    #[n(4)]
    pub start: u64,
}

/// What a session says of itself while it lives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Running {
    #[n(0)]
    version: u32,
    /// The process that it runs in.
    #[n(1)]
    pub process: Process,
    /// When it said so, by its own clock.
    #[n(2)]
    pub time: Timestamp,
    /// What it does, as it is typed.
    #[n(3)]
    pub verb: String,
}

impl Running {
    /// What a session says that does this.
    #[must_use]
    pub fn new(process: Process, time: Timestamp, verb: String) -> Self {
        Self { version: VERSION, process, time, verb }
    }

    /// The object's bytes.
    #[must_use]
    pub fn seal(&self, session: SessionId, keys: &LogKeys, random: &dyn Random) -> Vec<u8> {
        keys.running_sealer().seal(&context(session, keys), &random.array(), &wire::encode(self))
    }

    /// Reads the hint of this session.
    ///
    /// # Errors
    /// When it is not authentic or of another session, or of a newer version.
    pub fn open(session: SessionId, sealed: &[u8], keys: &LogKeys) -> Result<Self, FormatError> {
        let bytes = keys.running_sealer().open(&context(session, keys), sealed, "running hint")?;
        let running: Self = wire::decode(&bytes, "running hint")?;
        wire::check_version(running.version, VERSION, "running hint")?;
        Ok(running)
    }
}

fn context(session: SessionId, keys: &LogKeys) -> SealContext {
    let mut salt = [0; 32];
    salt[..SessionId::LENGTH].copy_from_slice(session.as_bytes());
    SealContext::alone(keys.key_set(), SealRole::Running, salt, 0)
}
