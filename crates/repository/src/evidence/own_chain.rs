//! Which chain of evidence in a repository this machine writes, and how far it is.
//!
//! Whoever may delete from the storage can take the newest records away, and what is left fits together: only those who
//! remember can tell. Invariants: of all processes that keep their state in one directory one at a time goes on with the
//! chain; a record lies here before it lies in the repository and until it is known to, so that one whose fate is unknown is put again
//! as it is and never becomes two. Where nothing can be kept a chain is one record long.

use super::EvidenceStore;
use crate::{EvidenceName, RepositoryError};
use lifeboat_format::{EvidenceHash, EvidenceWriter, Random, RepositoryId, limits};
use lifeboat_sys::fs::{AtFlags, CWD, File, FlockOperation, Mode, create_dir_all, flock, renameat, unlinkat};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// What is remembered: the writer or its newest record; then the name of a record that may be there or not, and its bytes.
const FILE: &str = "evidence";
/// What becomes of it when it is whole.
const NEW: &str = "evidence.new";
/// Held by whoever goes on with the chain.
const LOCK: &str = "evidence.lock";
/// Bytes of the two lines before those of a record, at most.
const LINES_MAX: u64 = 512;

/// The chain of this machine in a repository.
#[derive(Clone, Debug)]
pub struct OwnChain {
    folder: Option<PathBuf>,
}

/// The same while nobody else on this machine goes on with it.
#[derive(Debug)]
pub struct HeldChain {
    kept: Option<Held>,
    remembered: Remembered,
    trouble: Option<io::Error>,
}

#[derive(Debug)]
struct Held {
    folder: PathBuf,
    /// Open for as long as the lock is to be held.
    _lock: File,
}

#[derive(Clone, Debug)]
struct Remembered {
    writer: EvidenceWriter,
    newest: Option<EvidenceName>,
    unsettled: Option<(EvidenceName, Vec<u8>)>,
}

impl OwnChain {
    /// That in this repository, by what lies in a directory for the state of this machine, made if there is none.
    #[must_use]
    pub fn new(state: Option<&Path>, repository: RepositoryId) -> Self {
        Self { folder: state.map(|state| state.join(repository.to_string())) }
    }

    /// The newest record that this machine knows to be in the repository.
    ///
    /// # Errors
    /// When what it remembers cannot be read.
    pub fn newest(&self) -> Result<Option<EvidenceName>, RepositoryError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let failed = |source| RepositoryError::State { place: folder.join(FILE), source };
        Ok(read(folder).map_err(failed)?.and_then(|remembered| remembered.newest))
    }

    /// Waits until nobody else on this machine goes on with the chain. Where that is not to be had, it is a new one.
    #[must_use]
    pub fn hold(&self, random: &dyn Random) -> HeldChain {
        let fresh = Remembered { writer: EvidenceWriter::new(random.array()), newest: None, unsettled: None };
        let Some(folder) = self.folder.clone() else {
            return HeldChain { kept: None, remembered: fresh, trouble: None };
        };
        match lock(&folder).and_then(|lock| Ok((lock, read(&folder)?))) {
            Ok((lock, remembered)) => HeldChain {
                kept: Some(Held { folder, _lock: lock }),
                remembered: remembered.unwrap_or(fresh),
                trouble: None,
            },
            Err(error) => HeldChain { kept: None, remembered: fresh, trouble: Some(error) },
        }
    }
}

impl HeldChain {
    /// Who writes it.
    #[must_use]
    pub fn writer(&self) -> EvidenceWriter {
        self.remembered.writer
    }

    /// Its newest record that was stored for certain, as far as this machine remembers.
    #[must_use]
    pub fn newest(&self) -> Option<EvidenceName> {
        self.remembered.newest
    }

    /// Why this machine does not remember what is stored now; none where it does, or was not to.
    #[must_use]
    pub fn trouble(&self) -> Option<&io::Error> {
        self.trouble.as_ref()
    }

    /// Stores what nobody knows of whether it was stored.
    ///
    /// # Errors
    /// As [`EvidenceStore::put`].
    pub fn settle(&mut self, store: &EvidenceStore) -> Result<(), RepositoryError> {
        if let Some((name, bytes)) = self.remembered.unsettled.clone() {
            store.put(name.writer, name.seq, &bytes)?;
            self.remember(Some(name), None);
        }
        Ok(())
    }

    /// Stores a record as number `seq` of the chain. After an error it is stored by whoever goes on with the chain.
    ///
    /// # Errors
    /// As [`EvidenceStore::put`].
    pub fn put(
        &mut self,
        store: &EvidenceStore,
        seq: u64,
        bytes: &[u8],
    ) -> Result<EvidenceName, RepositoryError> {
        let name = EvidenceName { writer: self.writer(), seq, hash: EvidenceHash::of(bytes) };
        if bytes.len() as u64 <= limits::EVIDENCE_MAX {
            self.remember(self.newest(), Some((name, bytes.to_vec())));
        }
        let name = store.put(name.writer, seq, bytes)?;
        self.remember(Some(name), None);
        Ok(name)
    }

    fn remember(&mut self, newest: Option<EvidenceName>, unsettled: Option<(EvidenceName, Vec<u8>)>) {
        self.remembered = Remembered { newest, unsettled, ..self.remembered.clone() };
        if let Some(Held { folder, .. }) = &self.kept {
            self.trouble = write(folder, &self.remembered).err();
        }
    }
}

fn lock(folder: &Path) -> io::Result<File> {
    create_dir_all(folder, Mode::RWXU)?;
    let path = folder.join(LOCK);
    let file = match File::create_private(&path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open_to_write(&path)?,
        created => created?,
    };
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

fn write(folder: &Path, remembered: &Remembered) -> io::Result<()> {
    let writer = remembered.writer.to_string();
    let newest = remembered.newest.map_or(writer, |name| name.to_string());
    let (unsettled, bytes) = match &remembered.unsettled {
        Some((name, bytes)) => (name.to_string(), &bytes[..]),
        None => Default::default(),
    };
    let path = folder.join(NEW);
    match unlinkat(CWD, &path, AtFlags::empty()).map_err(io::Error::from) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = File::create_private(&path)?;
    file.write_all_at(&[format!("{newest}\n{unsettled}\n").as_bytes(), bytes].concat(), 0)?;
    file.sync_all()?;
    renameat(CWD, &path, CWD, &folder.join(FILE))?;
    File::open(folder)?.sync_all()
}

/// What is remembered in a folder; none where nothing is.
fn read(folder: &Path) -> io::Result<Option<Remembered>> {
    let file = match crate::cache_file::open(&folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let odd = || io::Error::new(io::ErrorKind::InvalidData, "it is not what this program writes");
    let length = file.metadata()?.len();
    let room = usize::try_from(length).ok().filter(|_| length <= limits::EVIDENCE_MAX + LINES_MAX);
    let mut bytes = vec![0; room.ok_or_else(odd)?];
    file.read_exact_at(&mut bytes, 0)?;
    parse(&bytes).map(Some).ok_or_else(odd)
}

fn parse(bytes: &[u8]) -> Option<Remembered> {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut line = || std::str::from_utf8(parts.next()?).ok();
    let (newest, unsettled) = (line()?, line()?);
    let (writer, newest) = match EvidenceWriter::parse(newest) {
        Ok(writer) => (writer, None),
        Err(_) => EvidenceName::from_text(newest).map(|name| (name.writer, Some(name)))?,
    };
    let bytes = parts.next()?;
    let unsettled = match unsettled {
        "" => None,
        name => Some(EvidenceName::from_text(name).filter(|name| name.hash == EvidenceHash::of(bytes))?),
    };
    Some(Remembered { writer, newest, unsettled: unsettled.map(|name| (name, bytes.to_vec())) })
}
