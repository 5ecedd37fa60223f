//! Reading and writing by descriptor.

use crate::Call;
use crate::gate::transfer;
use rustix::fd::AsFd;

pub use rustix::io::{Errno, Result, read, retry_on_intr};

/// Reads bytes from `offset` on; see `pread(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn pread(file: impl AsFd, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let file = file.as_fd();
    let length = buffer.len();
    transfer(
        || Call::read(file, length, offset),
        length,
        |most| rustix::io::pread(file, &mut buffer[..most], offset),
    )
}

/// Writes bytes from `offset` on; see `pwrite(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn pwrite(file: impl AsFd, bytes: &[u8], offset: u64) -> Result<usize> {
    let file = file.as_fd();
    let describe = || Call::write(file, bytes, Some(offset));
    transfer(describe, bytes.len(), |most| rustix::io::pwrite(file, &bytes[..most], offset))
}
