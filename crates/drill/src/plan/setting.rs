//! What can be switched off again where it is set for all.

use serde::{Deserialize, Serialize};

/// A value, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", bound(deserialize = "T: TryFrom<String, Error: std::fmt::Display>"))]
pub enum Setting<T> {
    /// There is none, whatever is set for all.
    Off,
    /// This one.
    Is(T),
}

impl<T> Setting<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::Off => None,
            Self::Is(value) => Some(value),
        }
    }
}

impl<T: TryFrom<String, Error: std::fmt::Display>> TryFrom<String> for Setting<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "off" => Ok(Self::Off),
            _ => T::try_from(text).map(Self::Is).map_err(|error| format!("{error}, or off")),
        }
    }
}
