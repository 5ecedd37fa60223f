//! Names of objects: checked once, then safe as a path on every storage.
//!
//! A name has one to four components joined by `/`. A component has 1 to 200 bytes of `a-z`, `0-9` and `-`,
//! and of `.` and `_` except at its ends; two dots never follow each other. So no name leaves its root, none
//! is hidden, none differs from another only by case, and what starts with a dot is free for temporary files.

use std::fmt;

use crate::{BackendError, ErrorKind};

/// Components of a name, at most.
const MAX_COMPONENTS: usize = 4;
/// Bytes of a component, at most: file systems allow 255, and temporary names need some of them.
const MAX_COMPONENT_BYTES: usize = 200;

/// The checked name of an object, for example `log/3/17`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(String);

impl ObjectName {
    /// Checks `name`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`] when it breaks a rule at the head of this file: length, characters,
    /// components.
    pub fn new(name: &str) -> Result<Self, BackendError> {
        if has_components(name, MAX_COMPONENTS) {
            Ok(Self(name.to_owned()))
        } else {
            Err(BackendError::new(ErrorKind::InvalidName, "name", name))
        }
    }

    /// The name as text, components joined by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder, without its final `/` and empty at the top, and the last component.
    pub(crate) fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether `prefix` can be listed: empty, or a folder that ends with `/` and in which a name has room.
pub(crate) fn is_prefix(prefix: &str) -> bool {
    prefix.is_empty()
        || prefix.strip_suffix('/').is_some_and(|folder| has_components(folder, MAX_COMPONENTS - 1))
}

/// Whether `text` can be one component of a name.
pub(crate) fn is_component(text: &str) -> bool {
    let at_ends = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let bytes = text.as_bytes();
    bytes.len() <= MAX_COMPONENT_BYTES
        && bytes.first().is_some_and(at_ends)
        && bytes.last().is_some_and(at_ends)
        && bytes.iter().all(|byte| at_ends(byte) || matches!(byte, b'.' | b'_'))
        && !text.contains("..")
}

fn has_components(text: &str, most: usize) -> bool {
    text.split('/').count() <= most && text.split('/').all(is_component)
}
