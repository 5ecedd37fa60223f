//! Packs: sealed segments with a sealed directory, the unit of storage.
//!
//! Spec: docs/format.md#packs. `header | sealed segments | sealed directory | trailer`. A pack is named by the hash
//! of header and core (all before the trailer), so that anybody who can read the storage can check it without a
//! key. Header and trailer each suffice to find everything; parity will stand between core and trailer.

mod builder;
mod layout;
mod reader;
mod sealer;

pub use builder::PackBuilder;
pub use layout::{PACK_HEADER_LENGTH, PACK_TRAILER_LENGTH, PackHeader, PackSegment, PackedBlob};
pub use reader::Pack;
pub use sealer::PackSealer;
