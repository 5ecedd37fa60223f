//! What a system call is about to do, for whoever watches.

use rustix::fd::BorrowedFd;
use rustix::path::Arg;

/// A system call that touches a file.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// What it does.
    pub kind: Kind,
    /// The file or directory it works on; `CWD` where a path stands for itself.
    pub on: BorrowedFd<'a>,
    /// A name or path from there; empty for what is open itself.
    pub name: Vec<u8>,
    /// Directory and name of what a link or rename makes.
    pub to: Option<(BorrowedFd<'a>, Vec<u8>)>,
    /// How many bytes are read or written, at most.
    pub length: usize,
    /// Those that are written.
    pub bytes: &'a [u8],
    /// Where bytes are read or written, counted from the start of the file, or the size that it gets; none at the
    /// position of the descriptor.
    pub offset: Option<u64>,
}

/// What a system call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Opens what is there.
    Open,
    /// Makes a file and opens it.
    Create,
    /// Makes a file without a name and opens it.
    CreateUnnamed,
    /// Makes a directory.
    MakeDirectory,
    /// Makes a pipe, socket or device.
    MakeSpecial,
    /// Makes a symbolic link.
    MakeSymlink,
    /// Gives a further name.
    Link,
    /// Gives another name.
    Rename,
    /// Removes a name.
    Remove,
    /// Asks what something is.
    Look,
    /// Asks for names in a directory.
    List,
    /// Reads bytes.
    Read,
    /// Writes bytes.
    Write,
    /// Gives a file another size.
    Resize,
    /// Waits until a file or directory is on disk.
    Sync,
    /// Waits until a file system is on disk.
    SyncAll,
    /// Locks a file.
    Lock,
    /// Reads extended attributes or flags.
    ReadAttribute,
    /// Sets owner, mode, times, extended attributes or flags.
    SetAttribute,
}

impl Kind {
    /// Whether it may leave the file system in another state, so that it matters whether somebody dies before or after.
    #[must_use]
    pub fn changes(self) -> bool {
        !matches!(self, Self::Open | Self::Look | Self::List | Self::Read | Self::Lock | Self::ReadAttribute)
    }
}

impl<'a> Call<'a> {
    /// One on something that is open.
    pub(crate) fn on(kind: Kind, on: BorrowedFd<'a>) -> Self {
        Self { kind, on, name: Vec::new(), to: None, length: 0, bytes: &[], offset: None }
    }

    /// One on a name.
    pub(crate) fn at(kind: Kind, on: BorrowedFd<'a>, name: &impl Arg) -> Self {
        Self { name: bytes_of(name), ..Self::on(kind, on) }
    }

    /// One that reads so many bytes.
    pub(crate) fn read(on: BorrowedFd<'a>, length: usize, offset: u64) -> Self {
        Self { length, offset: Some(offset), ..Self::on(Kind::Read, on) }
    }

    /// One that writes bytes.
    pub(crate) fn write(on: BorrowedFd<'a>, bytes: &'a [u8], offset: Option<u64>) -> Self {
        Self { length: bytes.len(), bytes, offset, ..Self::on(Kind::Write, on) }
    }

    /// The same that makes a second name.
    pub(crate) fn to(self, directory: BorrowedFd<'a>, name: &impl Arg) -> Self {
        Self { to: Some((directory, bytes_of(name))), ..self }
    }
}

/// Empty for what is no name, which the call itself refuses.
fn bytes_of(name: &impl Arg) -> Vec<u8> {
    name.as_cow_c_str().map(|name| name.to_bytes().to_vec()).unwrap_or_default()
}
