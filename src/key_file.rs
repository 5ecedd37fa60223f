//! Files that hold a key: key files and recovery sheets, read and made.
//!
//! Invariants: a file that holds a key is for its owner alone, takes nobody's place, and is durable before anything
//! relies on it. One that nothing relies on is removed.

use crate::exit::{Code, Failure};
use crate::password;
use lifeboat_repository::{Credential, parse_key_text};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The key in a key file or on a recovery sheet.
///
/// # Errors
/// When the file cannot be read, is no such file, or was not copied faithfully.
pub(crate) fn read(path: &Path) -> Result<Credential, Failure> {
    let text = password::content("key file", path, "--key-file")?;
    parse_key_text(&text).map_err(|error| {
        let cause = anyhow::Error::new(error).context(format!("cannot use the key file {}", path.display()));
        Failure::new(Code::Usage, cause, "compare it with what was printed or copied: --key-file FILE")
    })
}

/// A file that is made for a key.
pub(crate) struct NewKeyFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewKeyFile {
    /// An empty file in nobody's place.
    ///
    /// # Errors
    /// When it is `-`, there is something of this name, or no file can be made.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        if path.as_os_str() == "-" {
            let hint =
                "name a file, which only its owner can read: --recovery-sheet FILE or --new-key-file FILE";
            return Err(Failure::usage("a secret is not written to standard output", hint));
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = file.map_err(|error| not_written(path, error))?;
        Ok(Self { path: path.to_path_buf(), file, kept: false })
    }

    /// Writes it, and gives the key that whoever reads it will find.
    ///
    /// # Errors
    /// When it cannot be written durably, or does not read as it was written.
    pub(crate) fn write(&mut self, text: &str) -> Result<Credential, Failure> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_all())
            .and_then(|()| open_directory(directory.unwrap_or_else(|| Path::new(".")))?.sync_all());
        written.map_err(|error| not_written(&self.path, error))?;
        read(&self.path)
    }

    /// Something relies on it now.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewKeyFile {
    #[expect(clippy::disallowed_methods, reason = "it was made here, on the word of the command line")]
    fn drop(&mut self) {
        if !self.kept {
            // Its key opens nothing: it is in the way, and no more.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file is named on the command line, and so is its directory"
)]
fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn not_written(path: &Path, error: io::Error) -> Failure {
    let action = format!("cannot make the file {}", path.display());
    Failure::system(action, error, "name a file that does not exist yet, in a directory that does")
}
