//! Files and directories: what `rustix::fs` has of them, as far as it is used, and an open file.

mod attributes;
mod content;
mod file;
mod listing;
mod look;
mod names;

pub use attributes::{
    chmod, chownat, fchmod, fgetxattr, flistxattr, fremovexattr, fsetxattr, futimens, getxattr,
    ioctl_getflags, ioctl_setflags, listxattr, removexattr, setxattr, utimensat,
};
pub use content::{fdatasync, flock, fsync, ftruncate, seek, syncfs};
pub use file::File;
pub use listing::{Dir, RawDir, read_dir};
pub use look::{fstat, fstatfs, metadata, readlinkat, statat, statx};
pub use names::{
    create_dir_all, linkat, mkdirat, mknodat, openat, renameat, renameat_with, symlinkat, unlinkat,
};
pub use rustix::fs::{
    Advice, AtFlags, CWD, Dev, FileType, FlockOperation, FsWord, Gid, IFlags, Mode, OFlags, RenameFlags,
    SeekFrom, Stat, StatFs, Statx, StatxAttributes, StatxFlags, StatxTimestamp, Timespec, Timestamps,
    UTIME_NOW, UTIME_OMIT, Uid, XattrFlags, fadvise, fcntl_getfl, makedev,
};
