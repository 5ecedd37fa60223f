//! What may lie on a disk after the power was cut, of what was done before.
//!
//! Of a file only what was there at its last sync is safe: of later writes any blocks may be missing, and its end may be
//! anywhere between. Of a directory only the names at its last sync are safe: of later changes any may be missing; a
//! rename within it happens as a whole or not at all. That is what POSIX allows, and more than any one file system does.

use lifeboat_sys::{Call, Kind};
use lifeboat_testkit::Random;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::fs::{FileType, fstat, tell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Bytes that a disk writes at once.
const BLOCK: usize = 4096;

/// A file, whatever its names.
type Number = usize;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Absent,
    Directory,
    File(Number),
}

/// One change of a directory: names and what they stand for from then on.
type Change = Vec<(PathBuf, Entry)>;

/// Content of a file.
#[derive(Debug, Default)]
struct Content {
    safe: Vec<u8>,
    /// Writes since the last sync, and where.
    unsafe_writes: Vec<(usize, Vec<u8>)>,
}

/// What was done, as far as it is not safe.
#[derive(Debug, Default)]
pub(crate) struct Record {
    roots: Vec<PathBuf>,
    files: Vec<Content>,
    numbers: HashMap<(u64, u64), Number>,
    /// What names stood for before the changes that are not safe.
    safe_names: BTreeMap<PathBuf, Entry>,
    /// Changes since the last sync of each directory.
    changes: BTreeMap<PathBuf, Vec<Change>>,
    /// Where the call that is under way writes, or what it removes.
    position: usize,
    removed: Option<(PathBuf, Entry)>,
}

impl Record {
    pub(crate) fn new(roots: Vec<PathBuf>) -> Self {
        Self { roots, ..Self::default() }
    }

    /// A call is about to be made.
    pub(crate) fn before(&mut self, call: &Call<'_>) {
        match call.kind {
            Kind::Write => {
                let position = call.offset.unwrap_or_else(|| tell(call.on).unwrap());
                self.position = usize::try_from(position).unwrap();
            }
            Kind::Remove | Kind::Rename => {
                self.removed = self.path(call.on, &call.name).map(|path| {
                    let entry = self.look(&path);
                    (path, entry)
                });
                if call.kind == Kind::Rename
                    && let Some(path) = self.made(call)
                {
                    let entry = self.look(&path);
                    self.safe_names.entry(path).or_insert(entry);
                }
            }
            Kind::Create | Kind::MakeDirectory | Kind::Link => {
                if let Some(path) = self.made(call) {
                    let entry = self.look(&path);
                    self.safe_names.entry(path).or_insert(entry);
                }
            }
            _ => {}
        }
    }

    /// It was made, and wrote so many bytes if it writes.
    pub(crate) fn after(&mut self, call: &Call<'_>, written: usize) {
        match call.kind {
            Kind::Write if self.is_within(&path_of(call.on)) => {
                let number = self.number_of_open(call.on, self.position == 0);
                let write = (self.position, call.bytes[..written].to_vec());
                self.files[number].unsafe_writes.push(write);
            }
            Kind::Sync => self.sync(call.on),
            Kind::SyncAll => panic!("nothing that is recorded syncs whole file systems"),
            Kind::Create | Kind::MakeDirectory | Kind::Link => {
                if let Some(path) = self.made(call) {
                    if call.kind == Kind::Create {
                        self.forget(&path);
                    }
                    let entry = self.look(&path);
                    self.change(vec![(path, entry)]);
                }
            }
            Kind::Rename => {
                if let (Some((from, entry)), Some(to)) = (self.removed.take(), self.made(call)) {
                    self.safe_names.entry(from.clone()).or_insert(entry);
                    self.change(vec![(from, Entry::Absent), (to, entry)]);
                }
            }
            Kind::Remove => {
                if let Some((path, entry)) = self.removed.take() {
                    self.safe_names.entry(path.clone()).or_insert(entry);
                    self.change(vec![(path, Entry::Absent)]);
                }
            }
            _ => {}
        }
    }

    /// Cuts the power: what is below the roots becomes what a disk may show afterwards.
    pub(crate) fn cut(mut self, random: &mut Random) {
        let mut names = std::mem::take(&mut self.safe_names);
        let kept = random.below(3);
        for change in std::mem::take(&mut self.changes).into_values().flatten() {
            // All, none, or any.
            if kept == 0 || kept == 1 && random.below(2) == 0 {
                names.extend(change);
            }
        }
        // Above before below.
        for (path, entry) in names {
            self.put(&path, entry, random);
        }
        let roots = self.roots.clone();
        for path in roots.iter().flat_map(|root| super::files_below(root)) {
            if let Entry::File(number) = self.look(&path) {
                self.spoil(&path, number, random);
            }
        }
    }

    /// Makes a name stand for something.
    fn put(&mut self, path: &Path, wanted: Entry, random: &mut Random) {
        if !path.parent().is_some_and(Path::is_dir) || self.look(path) == wanted {
            return;
        }
        match std::fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(path).unwrap(),
            Ok(_) => std::fs::remove_file(path).unwrap(),
            Err(_) => {}
        }
        match wanted {
            Entry::Absent => {}
            Entry::Directory => std::fs::create_dir(path).unwrap(),
            Entry::File(number) => std::fs::write(path, self.files[number].after_cut(random)).unwrap(),
        }
    }

    /// Takes away what is not safe of a file.
    fn spoil(&mut self, path: &Path, number: Number, random: &mut Random) {
        if !self.files[number].unsafe_writes.is_empty() {
            let content = self.files[number].after_cut(random);
            std::fs::write(path, &content).unwrap();
            // Its other names are of the same file.
            self.files[number] = Content { safe: content, unsafe_writes: Vec::new() };
        }
    }

    fn sync(&mut self, on: BorrowedFd<'_>) {
        let path = path_of(on);
        if FileType::from_raw_mode(fstat(on).unwrap().st_mode) == FileType::Directory {
            let synced = self.changes.remove(&path).unwrap_or_default();
            let touched: BTreeSet<PathBuf> = synced.into_iter().flatten().map(|(path, _)| path).collect();
            self.safe_names.retain(|path, _| !touched.contains(path));
        } else if self.is_within(&path) {
            let number = self.number_of_open(on, false);
            self.files[number].sync();
        }
    }

    fn change(&mut self, change: Change) {
        let directory = change[0].0.parent().unwrap().to_owned();
        self.changes.entry(directory).or_default().push(change);
    }

    /// What a name stands for now.
    fn look(&mut self, path: &Path) -> Entry {
        match std::fs::symlink_metadata(path) {
            Err(_) => Entry::Absent,
            Ok(found) if found.is_dir() => Entry::Directory,
            Ok(found) => Entry::File(self.number((found.dev(), found.ino()), path)),
        }
    }

    /// The number of an open file; one without a name that begins to be written is a new one, whatever inode it has.
    fn number_of_open(&mut self, on: BorrowedFd<'_>, begins: bool) -> Number {
        let found = fstat(on).unwrap();
        let inode = (found.st_dev, found.st_ino);
        if begins && found.st_nlink == 0 {
            return self.add(inode, Content::default());
        }
        self.number(inode, Path::new(&format!("/proc/self/fd/{}", on.as_raw_fd())))
    }

    /// A file that was just made is a new one, whatever inode it has.
    fn forget(&mut self, path: &Path) {
        let found = std::fs::symlink_metadata(path).unwrap();
        self.numbers.remove(&(found.dev(), found.ino()));
    }

    /// The number of a file by one of its names: what was not written under these eyes is safe.
    fn number(&mut self, inode: (u64, u64), path: &Path) -> Number {
        match self.numbers.get(&inode) {
            Some(number) => *number,
            None => {
                let safe = std::fs::read(path).unwrap();
                self.add(inode, Content { safe, unsafe_writes: Vec::new() })
            }
        }
    }

    fn add(&mut self, inode: (u64, u64), content: Content) -> Number {
        self.files.push(content);
        self.numbers.insert(inode, self.files.len() - 1);
        self.files.len() - 1
    }

    /// The path of the name that a call makes, if it is one that is recorded.
    fn made(&self, call: &Call<'_>) -> Option<PathBuf> {
        match &call.to {
            Some((on, name)) => self.path(*on, name),
            None => self.path(call.on, &call.name),
        }
    }

    /// The path of a name, if it is one that is recorded.
    fn path(&self, on: BorrowedFd<'_>, name: &[u8]) -> Option<PathBuf> {
        let path = path_of(on).join(OsStr::from_bytes(name));
        self.is_within(&path).then_some(path)
    }

    fn is_within(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }
}

impl Content {
    fn sync(&mut self) {
        for (start, bytes) in std::mem::take(&mut self.unsafe_writes) {
            let end = start + bytes.len();
            self.safe.resize(self.safe.len().max(end), 0);
            self.safe[start..end].copy_from_slice(&bytes);
        }
    }

    /// What a disk may show of it.
    fn after_cut(&self, random: &mut Random) -> Vec<u8> {
        let ends = self.unsafe_writes.iter().map(|(start, bytes)| start + bytes.len());
        let longest = ends.chain([self.safe.len()]).max().unwrap_or_default();
        let mut content = self.safe.clone();
        content.resize(longest, 0);
        for (start, bytes) in &self.unsafe_writes {
            for (number, block) in bytes.chunks(BLOCK).enumerate() {
                if random.below(2) == 0 {
                    let start = start + number * BLOCK;
                    content[start..start + block.len()].copy_from_slice(block);
                }
            }
        }
        let least = self.safe.len();
        content.truncate(*random.pick(&[least, longest, least + random.clone().index(longest - least + 1)]));
        content
    }
}

/// Where something that is open lies.
fn path_of(on: BorrowedFd<'_>) -> PathBuf {
    std::fs::read_link(format!("/proc/self/fd/{}", on.as_raw_fd())).unwrap_or_default()
}
