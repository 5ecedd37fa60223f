//! Files without a name, which get one when they are complete: a killed writer leaves nothing behind.
//!
//! Not every file system knows them, and where it does, the system may be without a way to name them. Then nothing
//! has happened, and `Temporary` is the other way.

use std::io::{self, Write};
use std::os::fd::AsRawFd;

use lifeboat_sys::fs::{AtFlags, CWD, File, linkat};
use lifeboat_sys::io::{Errno, retry_on_intr};

use super::folder::Folder;

/// Writes and syncs `bytes` and then names them `leaf`, unless that exists: then it answers `false`. `None` where
/// this cannot be done.
pub(super) fn publish(folder: &Folder, leaf: &str, bytes: &[u8]) -> io::Result<Option<bool>> {
    let Some(mut file) = folder.create_unnamed()? else { return Ok(None) };
    file.write_all(bytes)?;
    // After a successful sync closing has nothing left to write, so it has no error to report.
    file.sync_all()?;
    match link_by_path(folder, &file, leaf)? {
        None => link_by_descriptor(folder, &file, leaf),
        linked => Ok(linked),
    }
}

/// Anybody may do this where `/proc` is mounted.
fn link_by_path(folder: &Folder, file: &File, leaf: &str) -> io::Result<Option<bool>> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    outcome(retry_on_intr(|| linkat(CWD, &path, folder, leaf, AtFlags::SYMLINK_FOLLOW)))
}

/// Needs no `/proc`, but a privilege.
fn link_by_descriptor(folder: &Folder, file: &File, leaf: &str) -> io::Result<Option<bool>> {
    outcome(retry_on_intr(|| linkat(file, "", folder, leaf, AtFlags::EMPTY_PATH)))
}

fn outcome(linked: lifeboat_sys::io::Result<()>) -> io::Result<Option<bool>> {
    match linked {
        Ok(()) => Ok(Some(true)),
        Err(Errno::EXIST) => Ok(Some(false)),
        Err(
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::LOOP
            | Errno::ACCESS
            | Errno::PERM
            | Errno::XDEV
            | Errno::MLINK,
        ) => Ok(None),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make and look at real files")]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_link_neither_replace_nor_leave_anything() {
        let directory = tempfile::tempdir().unwrap();
        let folder = Folder::open(directory.path()).unwrap();
        for (number, link) in [link_by_path, link_by_descriptor].into_iter().enumerate() {
            let leaf = number.to_string();
            for content in ["first", "second"] {
                let Some(mut file) = folder.create_unnamed().unwrap() else { return };
                file.write_all(content.as_bytes()).unwrap();
                match link(&folder, &file, &leaf).unwrap() {
                    None => assert!(!lifeboat_sys::process::geteuid().is_root()),
                    Some(linked) => {
                        assert_eq!(linked, content == "first");
                        assert_eq!(std::fs::read(directory.path().join(&leaf)).unwrap(), b"first");
                    }
                }
            }
        }
        let names = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.into_iter().all(|name| name == "0" || name == "1"));
    }
}
