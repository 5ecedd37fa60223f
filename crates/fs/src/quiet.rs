//! Reading from what may stay quiet for hours, a pipe or a socket, without being deaf meanwhile.

use lifeboat_sys::event::{PollFd, PollFlags, Timespec, poll};
use lifeboat_sys::fd::AsFd;
use lifeboat_sys::io::{Errno, read};
use std::io;
use std::time::Duration;

/// Reads what is there, or comes within `patience`; zero bytes are the end.
///
/// # Errors
/// Of the kind `WouldBlock` when nothing came or a signal did: whoever reads may ask again. Others are those of the
/// descriptor.
pub fn read_within(source: impl AsFd, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
    let patience = Timespec::try_from(patience).map_err(|_| io::ErrorKind::InvalidInput)?;
    let mut waiting = [PollFd::new(&source, PollFlags::IN)];
    let came = match poll(&mut waiting, Some(&patience)) {
        Ok(0) | Err(Errno::INTR) => Err(Errno::AGAIN),
        Ok(_) => read(&source, buffer),
        Err(errno) => Err(errno),
    };
    came.map_err(|errno| if errno == Errno::INTR { Errno::AGAIN.into() } else { errno.into() })
}
