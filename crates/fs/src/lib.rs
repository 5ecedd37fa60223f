//! Files of this machine: look at them, read them, and write them back with all metadata.
//!
//! Floor 1. Everything happens by open directory and name: a path is resolved once, when a [`SourceDir`] or a
//! [`Target`] is opened, and never again. So no tree is too deep, and no link that appears in the middle of a
//! walk or of a restore leads anywhere else. Names are bytes.
//!
//! Special files and symbolic links cannot be opened for reading, so their attributes are reached through
//! `/proc/self/fd`, which has to be mounted.

mod apply;
mod chain;
mod entries;
mod error;
mod escape;
mod existing_file;
mod file_system;
mod filter;
mod flags;
mod glob;
mod handle;
mod identity;
mod lock;
mod made_here;
mod mark;
mod name;
mod name_room;
mod names;
mod open;
mod owners;
mod parked;
mod private_dir;
mod quiet;
mod source;
mod source_file;
mod space;
mod spelling;
mod spill;
mod stat;
mod takeover;
mod target;
mod target_dir;
mod target_file;
mod temporary;
mod trail;
mod unlike;
mod unset;
mod xattr;
mod zeros;

pub use error::{FsError, FsErrorKind};
pub use escape::escaped;
pub use existing_file::ExistingFile;
pub use filter::{Exclusion, Filter, FilterOptions, GitRules, Pattern, Tag};
pub use glob::expand_glob;
pub use identity::Identity;
pub use lock::Lock;
pub use made_here::made_here;
pub use mark::Mark;
pub use name_room::NameRoom;
pub use names::Names;
pub use owners::Owners;
pub use private_dir::{Claim, PrivateDir};
pub use quiet::read_within;
pub use source::SourceDir;
pub use source_file::{Run, SourceFile};
pub use space::{Space, free_space};
pub use stat::Stat;
pub use target::Target;
pub use target_dir::TargetDir;
pub use target_file::TargetFile;
pub use trail::Trail;
pub use unlike::unlike;
pub use unset::{Unset, UnsetReason};
pub use zeros::is_zeros;
