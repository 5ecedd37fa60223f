//! The content of what is open, and getting it onto the disk.

use crate::call::{Call, Kind};
use crate::gate::call;
use rustix::fd::AsFd;
use rustix::fs::{self, FlockOperation, SeekFrom};
use rustix::io::Result;

/// See `lseek(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn seek(file: impl AsFd, to: SeekFrom) -> Result<u64> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Look, file), || fs::seek(file, to))
}

/// See `ftruncate(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn ftruncate(file: impl AsFd, length: u64) -> Result<()> {
    let file = file.as_fd();
    let describe = || Call { offset: Some(length), ..Call::on(Kind::Resize, file) };
    call(describe, || fs::ftruncate(file, length))
}

/// See `fsync(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fsync(file: impl AsFd) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Sync, file), || fs::fsync(file))
}

/// See `fdatasync(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fdatasync(file: impl AsFd) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Sync, file), || fs::fdatasync(file))
}

/// See `syncfs(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn syncfs(file: impl AsFd) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SyncAll, file), || fs::syncfs(file))
}

/// See `flock(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn flock(file: impl AsFd, operation: FlockOperation) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::Lock, file), || fs::flock(file, operation))
}
