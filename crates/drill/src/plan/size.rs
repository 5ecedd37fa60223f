//! Numbers of bytes as plans have them.

use lifeboat_engine::parse_size;
use serde::{Deserialize, Serialize};

/// A number of bytes: `10k`, `1.5M`, `2GiB`, all units binary, as on the command line. At least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Size(u64);

impl Size {
    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl TryFrom<String> for Size {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match parse_size(&text)? {
            0 => Err("write a size above nothing: 10k, 1.5M, 2GiB".to_owned()),
            bytes => Ok(Self(bytes)),
        }
    }
}
