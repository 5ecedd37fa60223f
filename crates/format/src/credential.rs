//! What a person or a machine has to open a repository with.
//!
//! Spec: docs/format.md#key-slots. A credential never prints itself and is wiped when dropped.

use crate::{Key, SlotKind};
use std::fmt;
use zeroize::Zeroizing;

/// What opens a key slot of its kind.
#[derive(Clone)]
pub enum Credential {
    /// A password, any bytes.
    Password(Zeroizing<Vec<u8>>),
    /// The key in a key file.
    KeyFile(Key),
    /// The key on a recovery sheet.
    RecoverySheet(Key),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(secret)")
    }
}

impl Credential {
    /// A password.
    #[must_use]
    pub fn password(bytes: Vec<u8>) -> Self {
        Self::Password(Zeroizing::new(bytes))
    }

    /// The kind of slots that it may open.
    #[must_use]
    pub fn kind(&self) -> SlotKind {
        match self {
            Self::Password(_) => SlotKind::Password,
            Self::KeyFile(_) => SlotKind::KeyFile,
            Self::RecoverySheet(_) => SlotKind::RecoverySheet,
        }
    }
}
