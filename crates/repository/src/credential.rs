//! What opens a repository.

use std::fmt;
use zeroize::Zeroizing;

/// What a user has to open a repository with.
#[derive(Clone)]
pub enum Credential {
    /// A password, any bytes.
    Password(Zeroizing<Vec<u8>>),
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

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Password(bytes) => bytes,
        }
    }
}
