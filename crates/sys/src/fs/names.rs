//! Names: opened, made, moved and removed.

use crate::call::{Call, Kind};
use crate::gate::call;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{self, AtFlags, CWD, Dev, FileType, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, Result};
use rustix::path::Arg;
use std::path::Path;

/// See `openat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn openat(directory: impl AsFd, path: impl Arg + Copy, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let directory = directory.as_fd();
    let kind = if flags.contains(OFlags::TMPFILE) {
        Kind::CreateUnnamed
    } else if flags.contains(OFlags::CREATE) {
        Kind::Create
    } else {
        Kind::Open
    };
    call(|| Call::at(kind, directory, &path), || fs::openat(directory, path, flags, mode))
}

/// See `mkdirat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn mkdirat(directory: impl AsFd, path: impl Arg + Copy, mode: Mode) -> Result<()> {
    let directory = directory.as_fd();
    call(|| Call::at(Kind::MakeDirectory, directory, &path), || fs::mkdirat(directory, path, mode))
}

/// Makes a directory and all above it that are missing. One that is there is left as it is.
///
/// # Errors
/// Those of `mkdir(2)`.
pub fn create_dir_all(path: &Path, mode: Mode) -> Result<()> {
    let make = || match mkdirat(CWD, path, mode) {
        Err(errno) if errno != Errno::NOENT && super::metadata(path).is_ok_and(|found| found.is_dir()) => {
            Ok(())
        }
        made => made,
    };
    match (path.as_os_str().is_empty(), path.parent()) {
        (true, _) => Ok(()),
        (false, None) => make(),
        (false, Some(above)) => match make() {
            Err(Errno::NOENT) => create_dir_all(above, mode).and_then(|()| make()),
            made => made,
        },
    }
}

/// See `mknodat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn mknodat(
    directory: impl AsFd,
    path: impl Arg + Copy,
    kind: FileType,
    mode: Mode,
    device: Dev,
) -> Result<()> {
    let directory = directory.as_fd();
    let run = || fs::mknodat(directory, path, kind, mode, device);
    call(|| Call::at(Kind::MakeSpecial, directory, &path), run)
}

/// See `symlinkat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn symlinkat(target: impl Arg + Copy, directory: impl AsFd, path: impl Arg + Copy) -> Result<()> {
    let directory = directory.as_fd();
    call(|| Call::at(Kind::MakeSymlink, directory, &path), || fs::symlinkat(target, directory, path))
}

/// See `linkat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn linkat(
    old_directory: impl AsFd,
    old: impl Arg + Copy,
    directory: impl AsFd,
    path: impl Arg + Copy,
    flags: AtFlags,
) -> Result<()> {
    let (old_directory, directory) = (old_directory.as_fd(), directory.as_fd());
    let describe = || Call::at(Kind::Link, old_directory, &old).to(directory, &path);
    call(describe, || fs::linkat(old_directory, old, directory, path, flags))
}

/// See `renameat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn renameat(
    old_directory: impl AsFd,
    old: impl Arg + Copy,
    directory: impl AsFd,
    path: impl Arg + Copy,
) -> Result<()> {
    let (old_directory, directory) = (old_directory.as_fd(), directory.as_fd());
    let describe = || Call::at(Kind::Rename, old_directory, &old).to(directory, &path);
    call(describe, || fs::renameat(old_directory, old, directory, path))
}

/// See `renameat2(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn renameat_with(
    old_directory: impl AsFd,
    old: impl Arg + Copy,
    directory: impl AsFd,
    path: impl Arg + Copy,
    flags: RenameFlags,
) -> Result<()> {
    let (old_directory, directory) = (old_directory.as_fd(), directory.as_fd());
    let describe = || Call::at(Kind::Rename, old_directory, &old).to(directory, &path);
    call(describe, || fs::renameat_with(old_directory, old, directory, path, flags))
}

/// See `unlinkat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn unlinkat(directory: impl AsFd, path: impl Arg + Copy, flags: AtFlags) -> Result<()> {
    let directory = directory.as_fd();
    call(|| Call::at(Kind::Remove, directory, &path), || fs::unlinkat(directory, path, flags))
}
