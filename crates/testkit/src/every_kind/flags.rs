//! Flags of files and directories, such as `chattr` sets.

use std::fs::{self, File};
use std::path::Path;

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::Refusals;
use crate::Random;
use crate::must::must;

/// What everybody may set on what is theirs.
const FREE: [(&str, IFlags); 3] = [
    ("nodump", IFlags::NODUMP),
    ("noatime", IFlags::NOATIME),
    ("several", IFlags::NODUMP.union(IFlags::NOATIME).union(IFlags::SYNC)),
];
/// What takes root.
const PRIVILEGED: [(&str, IFlags); 3] = [
    ("append", IFlags::APPEND),
    ("immutable", IFlags::IMMUTABLE),
    ("both", IFlags::IMMUTABLE.union(IFlags::NODUMP)),
];

fn all() -> impl Iterator<Item = (&'static str, IFlags)> {
    let privileged = PRIVILEGED.into_iter().filter(|_| geteuid().is_root());
    FREE.into_iter().chain(privileged)
}

/// A file with two names and a directory with something in it for each flag.
pub(super) fn make(directory: &Path, random: &mut Random) {
    for (name, _) in all() {
        let [file, second, nested] = ["file", "second", "directory"].map(|kind| format!("{kind}-{name}"));
        let [file, second, nested] = [file, second, nested].map(|name| directory.join(name));
        must(fs::write(&file, random.text(5_000)), "write", &file);
        must(fs::hard_link(&file, &second), "link", &second);
        must(fs::create_dir_all(nested.join("below")), "create", &nested);
        must(fs::write(nested.join("file"), random.text(50)), "fill", &nested);
    }
}

/// Sets the flags of what [`make`] made.
pub(super) fn set(directory: &Path, refusals: &mut Refusals) {
    for (name, flags) in all() {
        for kind in ["file", "directory"] {
            let path = directory.join(format!("{kind}-{name}"));
            refusals.accept("file flags", change_flags(&path, flags, IFlags::empty()), &path);
        }
    }
}

/// Sets and clears flags and leaves the others as they are.
pub(super) fn change_flags(path: &Path, set: IFlags, clear: IFlags) -> Result<(), Errno> {
    let file = must(File::open(path), "open", path);
    let flags = ioctl_getflags(&file)?;
    ioctl_setflags(&file, (flags | set) - clear)
}
