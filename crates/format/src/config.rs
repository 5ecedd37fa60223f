//! The config of a repository: what is decided once, when it is made.
//!
//! Spec: docs/format.md#config. It is written last by `init` and bound by the genesis entry of the log.

use crate::{ChunkerParams, FormatError, RepositoryId, Timestamp, limits, wire};
use minicbor::{Decode, Encode};

/// The format that this program writes.
pub const FORMAT_VERSION: u32 = 1;
/// Which draft of it: repositories of another draft are refused until the format is frozen.
pub const FORMAT_DRAFT: u32 = 3;
const MAGIC: &str = "lifeboat";

/// Parameters of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Config {
    #[n(0)]
    magic: String,
    #[n(1)]
    version: u32,
    #[n(2)]
    draft: u32,
    /// Its name.
    #[n(3)]
    pub repository: RepositoryId,
    /// How files are cut.
    #[n(4)]
    pub chunker: ChunkerParams,
    /// Raw size in bytes at which a data segment is closed.
    #[n(5)]
    pub data_segment: u32,
    /// Raw size in bytes at which a tree segment is closed.
    #[n(6)]
    pub tree_segment: u32,
    /// Size in bytes at which a pack is closed.
    #[n(7)]
    pub pack: u32,
    /// When the repository was made.
    #[n(8)]
    pub created: Timestamp,
    /// Percent of parity that writers add to packs; 0 for none.
    #[cbor(n(9), default, skip_if = "is_zero")]
    pub parity: u32,
    /// Whether control objects have second copies.
    #[cbor(n(10), default, skip_if = "std::ops::Not::not")]
    pub second_copies: bool,
    /// Whether the store may show changes late, so that what takes something away wants the repository to itself.
    #[cbor(n(12), default, skip_if = "std::ops::Not::not")]
    pub exclusive: bool,
}

impl Config {
    /// The config of a new repository with the usual sizes, without parity and second copies.
    #[must_use]
    pub fn new(repository: RepositoryId, created: Timestamp) -> Self {
        Self {
            magic: MAGIC.to_owned(),
            version: FORMAT_VERSION,
            draft: FORMAT_DRAFT,
            repository,
            chunker: ChunkerParams::around(96 << 10),
            data_segment: 2 << 20,
            tree_segment: 128 << 10,
            pack: 32 << 20,
            created,
            parity: 0,
            second_copies: false,
            exclusive: false,
        }
    }

    /// The object's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Whether bytes may be what is left of a config: they bear its magic.
    #[must_use]
    pub fn is_likely(bytes: &[u8]) -> bool {
        bytes.windows(MAGIC.len()).any(|window| window == MAGIC.as_bytes())
    }

    /// Reads a config.
    ///
    /// # Errors
    /// [`FormatError::Newer`] for another version or draft; [`FormatError::Malformed`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let config: Self = wire::decode(bytes, "config")?;
        if config.magic != MAGIC {
            return Err(FormatError::Malformed("config"));
        }
        wire::check_version(config.version, FORMAT_VERSION, "config")?;
        if config.parity > limits::PARITY_PERCENT_MAX {
            return Err(FormatError::Limit("config: parity"));
        }
        match config.draft == FORMAT_DRAFT {
            true => Ok(config),
            false => Err(FormatError::Newer("config: another draft of the format")),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the encoder asks by reference")]
fn is_zero(percent: &u32) -> bool {
    *percent == 0
}
