//! Packs: sealed segments with a sealed directory, the unit of storage.
//!
//! Spec: docs/format.md#packs. `header | sealed segments | sealed directory | parity | trailer`. A pack is named by the
//! hash of header and core (all before parity and trailer), so that anybody who can read the storage can check it
//! without a key. Header, trailer and every record of parity each suffice to find everything.

mod builder;
mod code;
mod heal;
mod layout;
mod parity;
mod reader;
mod record;
mod sealer;
mod shape;

pub use builder::PackBuilder;
pub use code::code_memory;
pub use layout::{PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH, PackHeader, PackSegment, PackedBlob};
pub use reader::Pack;
pub use sealer::PackSealer;
