//! Owners, modes, times, extended attributes and flags.

use crate::call::{Call, Kind};
use crate::gate::call;
use rustix::buffer::Buffer;
use rustix::fd::AsFd;
use rustix::fs::{self, AtFlags, CWD, Gid, IFlags, Mode, Timestamps, Uid, XattrFlags};
use rustix::io::Result;
use rustix::path::Arg;

/// See `flistxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn flistxattr<B: Buffer<u8>>(file: impl AsFd, list: B) -> Result<B::Output> {
    let file = file.as_fd();
    call(|| Call::on(Kind::ReadAttribute, file), || fs::flistxattr(file, list))
}

/// See `listxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn listxattr<B: Buffer<u8>>(path: impl Arg + Copy, list: B) -> Result<B::Output> {
    call(|| Call::at(Kind::ReadAttribute, CWD, &path), || fs::listxattr(path, list))
}

/// See `fgetxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fgetxattr<B: Buffer<u8>>(file: impl AsFd, name: impl Arg, value: B) -> Result<B::Output> {
    let file = file.as_fd();
    call(|| Call::on(Kind::ReadAttribute, file), || fs::fgetxattr(file, name, value))
}

/// See `getxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn getxattr<B: Buffer<u8>>(path: impl Arg + Copy, name: impl Arg, value: B) -> Result<B::Output> {
    call(|| Call::at(Kind::ReadAttribute, CWD, &path), || fs::getxattr(path, name, value))
}

/// See `fsetxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fsetxattr(file: impl AsFd, name: impl Arg, value: &[u8], flags: XattrFlags) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SetAttribute, file), || fs::fsetxattr(file, name, value, flags))
}

/// See `setxattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn setxattr(path: impl Arg + Copy, name: impl Arg, value: &[u8], flags: XattrFlags) -> Result<()> {
    call(|| Call::at(Kind::SetAttribute, CWD, &path), || fs::setxattr(path, name, value, flags))
}

/// See `fremovexattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fremovexattr(file: impl AsFd, name: impl Arg) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SetAttribute, file), || fs::fremovexattr(file, name))
}

/// See `removexattr(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn removexattr(path: impl Arg + Copy, name: impl Arg) -> Result<()> {
    call(|| Call::at(Kind::SetAttribute, CWD, &path), || fs::removexattr(path, name))
}

/// See `fchownat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn chownat(
    directory: impl AsFd,
    path: impl Arg + Copy,
    owner: Option<Uid>,
    group: Option<Gid>,
    flags: AtFlags,
) -> Result<()> {
    let directory = directory.as_fd();
    let run = || fs::chownat(directory, path, owner, group, flags);
    call(|| Call::at(Kind::SetAttribute, directory, &path), run)
}

/// See `fchmod(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn fchmod(file: impl AsFd, mode: Mode) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SetAttribute, file), || fs::fchmod(file, mode))
}

/// See `chmod(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn chmod(path: impl Arg + Copy, mode: Mode) -> Result<()> {
    call(|| Call::at(Kind::SetAttribute, CWD, &path), || fs::chmod(path, mode))
}

/// See `futimens(3)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn futimens(file: impl AsFd, times: &Timestamps) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SetAttribute, file), || fs::futimens(file, times))
}

/// See `utimensat(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn utimensat(
    directory: impl AsFd,
    path: impl Arg + Copy,
    times: &Timestamps,
    flags: AtFlags,
) -> Result<()> {
    let directory = directory.as_fd();
    let run = || fs::utimensat(directory, path, times, flags);
    call(|| Call::at(Kind::SetAttribute, directory, &path), run)
}

/// See `FS_IOC_GETFLAGS` in `ioctl_iflags(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn ioctl_getflags(file: impl AsFd) -> Result<IFlags> {
    let file = file.as_fd();
    call(|| Call::on(Kind::ReadAttribute, file), || fs::ioctl_getflags(file))
}

/// See `FS_IOC_SETFLAGS` in `ioctl_iflags(2)`.
///
/// # Errors
/// Those of the system.
#[inline]
pub fn ioctl_setflags(file: impl AsFd, flags: IFlags) -> Result<()> {
    let file = file.as_fd();
    call(|| Call::on(Kind::SetAttribute, file), || fs::ioctl_setflags(file, flags))
}
