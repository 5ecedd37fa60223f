//! The files of a host, made and changed as a seed says.
//!
//! Invariant: all that is saved depends on the seed alone: modification times are those of this module, and inode numbers and
//! change times are told as the host's clock and the order of events have them, whatever the machine says.

use super::time::{BEGIN, HostClock};
use super::tree::{Kind, Tree};
use lifeboat_engine::Timestamp;
use lifeboat_repository::Clock as _;
use lifeboat_testkit::Random;
use rustix::fs::{AtFlags, CWD, Statx, Timespec, Timestamps, utimensat};
use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Sizes around the limits of the format, and of many chunks.
const SIZES: [usize; 9] = [0, 1, 128, 129, 700, 1500, 4096, 9_000, 20_000];
/// Contents that several hosts have.
const COMMON: u64 = 4;

/// The files of a host.
pub(crate) struct Source {
    pub(crate) root: PathBuf,
    clock: HostClock,
    grain: i64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    changes: i64,
    /// What is told of each inode, by its real number.
    inodes: HashMap<u64, Told>,
}

/// What the system is said to say of an inode.
#[derive(Clone, Copy)]
struct Told {
    number: u64,
    changed: Timestamp,
    born: Timestamp,
}

impl Source {
    /// A dozen files or so.
    pub(crate) fn make(root: PathBuf, clock: HostClock, grain: i64, random: &mut Random) -> Self {
        fs::create_dir(&root).unwrap();
        let source = Self { root, clock, grain, state: Mutex::default() };
        source.stamp(&source.root);
        let mut folders = vec![source.root.clone()];
        for number in 0..4 {
            let folder = random.pick(&folders).join(format!("d{number}"));
            source.make_folder(&folder);
            folders.push(folder);
        }
        // The last folder stays empty.
        folders.pop();
        for number in 0..6 + random.below(7) {
            let path = random.pick(&folders).join(format!("f{number}"));
            source.write(&path, &content(random), random);
        }
        source.link(&folders[1].join("hard"), random);
        source
    }

    /// Tells of an inode what depends on the seed alone.
    pub(crate) fn tell(&self, told: &mut Statx) {
        let Some(known) = self.state.lock().unwrap().inodes.get(&told.stx_ino).copied() else { return };
        told.stx_ino = known.number;
        (told.stx_ctime.tv_sec, told.stx_ctime.tv_nsec) = (known.changed.seconds, known.changed.nanoseconds);
        (told.stx_btime.tv_sec, told.stx_btime.tv_nsec) = (known.born.seconds, known.born.nanoseconds);
    }

    /// A few changes of any kind. `look` is called after each: whoever has a file open may read it as it was before it was
    /// removed.
    pub(crate) fn change(&self, seed: u64, mut look: impl FnMut()) {
        let mut random = Random::new(seed);
        for _ in 0..1 + random.below(4) {
            self.change_once(&mut random);
            look();
        }
    }

    fn change_once(&self, random: &mut Random) {
        let tree = Tree::read(&self.root).0;
        let (mut folders, mut files) = (vec![self.root.clone()], Vec::new());
        for (path, entry) in &tree {
            let path = self.root.join(path.strip_prefix("/").unwrap());
            match entry.kind {
                Kind::Directory => folders.push(path),
                Kind::File(_) => files.push(path),
                Kind::Link(_) => {}
            }
        }
        let folder = random.pick(&folders).clone();
        let fresh = folder.join(format!("n{}", self.state.lock().unwrap().changes));
        if files.is_empty() {
            return self.write(&fresh, &content(random), random);
        }
        let file = random.pick(&files).clone();
        match random.below(13) {
            0 | 1 => self.write(&fresh, &content(random), random),
            2 | 3 => self.overwrite(&file, &content(random)),
            4 => self.append(&file, random),
            5 => self.remove(&file),
            6 => self.rename(&file, &fresh),
            7 => self.make_folder(&fresh),
            8 if folder != self.root => self.remove(&folder),
            9 => self.link(&fresh, random),
            10 => {
                fs::set_permissions(&file, Permissions::from_mode(*random.pick(&[0o600, 0o640, 0o755])))
                    .unwrap();
            }
            11 => {
                // A folder takes the place of a file.
                self.remove(&file);
                self.make_folder(&file);
                self.write(&file.join("inside"), &content(random), random);
            }
            12 => self.alter_in_secret(&file, random),
            _ => self.overwrite(&file, b"short"),
        }
    }

    fn make_folder(&self, path: &Path) {
        fs::create_dir(path).unwrap();
        self.stamp(path);
    }

    fn write(&self, path: &Path, bytes: &[u8], random: &mut Random) {
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, Permissions::from_mode(*random.pick(&[0o644, 0o600]))).unwrap();
        self.stamp(path);
    }

    fn overwrite(&self, path: &Path, bytes: &[u8]) {
        fs::write(path, bytes).unwrap();
        self.stamp(path);
    }

    /// Other bytes, as many as before and with the same time.
    fn alter_in_secret(&self, path: &Path, random: &mut Random) {
        let before = fs::metadata(path).unwrap();
        fs::write(path, random.bytes(before.len().try_into().unwrap())).unwrap();
        let time = Timespec { tv_sec: before.mtime(), tv_nsec: before.mtime_nsec() };
        set_time(path, time);
        self.touch(path);
    }

    fn append(&self, path: &Path, random: &mut Random) {
        let more = content(random);
        self.overwrite(path, &[fs::read(path).unwrap(), more].concat());
    }

    fn remove(&self, path: &Path) {
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
        self.stamp(path.parent().unwrap());
    }

    fn rename(&self, from: &Path, to: &Path) {
        fs::rename(from, to).unwrap();
        self.touch(to);
        self.stamp(from.parent().unwrap());
        self.stamp(to.parent().unwrap());
    }

    /// A symbolic link, or a further name of some file.
    fn link(&self, path: &Path, random: &mut Random) {
        let files: Vec<_> = Tree::read(&self.root)
            .0
            .into_iter()
            .filter(|(_, entry)| matches!(entry.kind, Kind::File(_)))
            .map(|(path, _)| self.root.join(path.strip_prefix("/").unwrap()))
            .collect();
        match files.is_empty() || random.below(2) == 0 {
            true => symlink("../somewhere", path).unwrap(),
            false => fs::hard_link(random.pick(&files), path).unwrap(),
        }
        self.stamp(path);
    }

    /// Gives an entry, and the directory that it is in, times that nothing else has.
    fn stamp(&self, path: &Path) {
        for path in [path, path.parent().unwrap()] {
            let changes = {
                let mut state = self.state.lock().unwrap();
                state.changes += 1;
                state.changes
            };
            set_time(
                path,
                Timespec { tv_sec: BEGIN - 1_000_000 + changes, tv_nsec: changes * 1_001 % 1_000_000 },
            );
            self.touch(path);
        }
    }

    /// Something of an inode has changed.
    fn touch(&self, path: &Path) {
        let inode = fs::symlink_metadata(path).unwrap().ino();
        let mut now = self.clock.now();
        if self.grain > 0 {
            now = Timestamp { seconds: now.seconds - now.seconds % self.grain, nanoseconds: 0 };
        }
        let state = &mut *self.state.lock().unwrap();
        let number = 1 + state.inodes.len() as u64;
        let told = state.inodes.entry(inode).or_insert(Told { number, changed: now, born: now });
        told.changed = now;
    }
}

fn set_time(path: &Path, time: Timespec) {
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

fn content(random: &mut Random) -> Vec<u8> {
    let size = *random.pick(&SIZES);
    match random.below(4) {
        0 => Random::new(random.below(COMMON)).bytes(size),
        1 => random.text(size),
        _ => random.bytes(size),
    }
}
