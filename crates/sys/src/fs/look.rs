//! What something is.

use crate::call::{Call, Kind};
use crate::gate::{self, call};
use rustix::fd::AsFd;
use rustix::fs::{self, AtFlags, CWD, Stat, StatFs, Statx, StatxFlags};
use rustix::io::Result;
use rustix::path::Arg;
use std::ffi::CString;
use std::path::Path;

/// See `statx(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn statx(directory: impl AsFd, path: impl Arg + Copy, flags: AtFlags, mask: StatxFlags) -> Result<Statx> {
    let directory = directory.as_fd();
    let describe = || Call::at(Kind::Look, directory, &path);
    call(describe, || fs::statx(directory, path, flags, mask)).map(gate::told)
}

/// See `statat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn statat(directory: impl AsFd, path: impl Arg + Copy, flags: AtFlags) -> Result<Stat> {
    let directory = directory.as_fd();
    call(|| Call::at(Kind::Look, directory, &path), || fs::statat(directory, path, flags))
}

/// See `fstat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fstat(file: impl AsFd) -> Result<Stat> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Look, file), || fs::fstat(file))
}

/// See `fstatfs(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fstatfs(file: impl AsFd) -> Result<StatFs> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Look, file), || fs::fstatfs(file))
}

/// See `readlinkat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn readlinkat(directory: impl AsFd, path: impl Arg + Copy, reuse: Vec<u8>) -> Result<CString> {
    let directory = directory.as_fd();
    call(|| Call::at(Kind::Look, directory, &path), || fs::readlinkat(directory, path, reuse))
}

/// What a path leads to.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn metadata(path: &Path) -> std::io::Result<std::fs::Metadata> {
    call(|| Call::at(Kind::Look, CWD, &path), || path.metadata())
}
