//! What stands before each call: nothing, or with the feature `faults` whoever watches the thread.

use crate::Call;
#[cfg(not(feature = "faults"))]
use rustix::fs::Statx;
use rustix::io::Errno;

/// Makes a call.
#[inline]
pub(crate) fn call<'a, T, E: From<Errno>>(
    describe: impl FnOnce() -> Call<'a>,
    run: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    transfer(describe, 0, |_| run())
}

/// Makes a call that reads or writes at most so many bytes; `run` is told how many it may.
#[cfg(not(feature = "faults"))]
#[inline]
pub(crate) fn transfer<'a, T, E: From<Errno>>(
    _: impl FnOnce() -> Call<'a>,
    length: usize,
    run: impl FnOnce(usize) -> Result<T, E>,
) -> Result<T, E> {
    run(length)
}

/// What is told of a file.
#[cfg(not(feature = "faults"))]
#[inline]
pub(crate) fn told(told: Statx) -> Statx {
    told
}

#[cfg(feature = "faults")]
pub(crate) use crate::faults::{told, transfer};
