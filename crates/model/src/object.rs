//! What is stored besides the log: packs and index objects, and the blobs that they hold or name.
//!
//! Invariant: a name is a session and a number that this session uses once, as a hash of salted bytes would be.

use crate::set::{Member, Set};
use std::fmt;

/// Who puts entries and objects: a number, 0 for what was there before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Session(pub u8);

/// How many names each session has, of entries and of objects.
pub(crate) const NAMES: u8 = 8;

/// The name of a pack or an index object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object(u8);

/// Several of them.
pub type Objects = Set<Object>;

/// A blob that snapshots consist of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Blob(pub u8);

/// Several of them.
pub type Blobs = Set<Blob>;

/// What an object is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Content {
    /// Blobs.
    Pack(Blobs),
    /// The packs that an index object names, with what is in them.
    Index(Objects),
}

impl Object {
    /// The `n`th object of a session.
    #[must_use]
    pub const fn new(session: Session, n: u8) -> Self {
        assert!(n < NAMES, "a session has no more names");
        Self(session.0 * NAMES + n)
    }
}

/// The blobs of these letters.
#[must_use]
pub fn blobs(letters: &str) -> Blobs {
    letters.bytes().map(|letter| Blob(letter - b'a')).collect()
}

impl Member for Object {
    fn number(self) -> u8 {
        self.0
    }

    fn numbered(number: u8) -> Self {
        Self(number)
    }
}

impl Member for Blob {
    fn number(self) -> u8 {
        self.0
    }

    fn numbered(number: u8) -> Self {
        Self(number)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "object {}.{}", self.0 / NAMES, self.0 % NAMES)
    }
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(b'a' + self.0))
    }
}
