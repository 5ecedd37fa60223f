//! Paths from lists.
//!
//! Invariant: every line of a list ends as a path that is saved or named as missing, or as an error.

use crate::exit::{Code, Failure};
use crate::{list_file, source_path};
use clap::Args;
use lifeboat_engine::expand_glob;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Lists of what to save, besides the paths of the command line.
#[derive(Args, Debug)]
pub(crate) struct FileLists {
    /// Save what the lines of this file name, `-` is standard input: paths or patterns of a shell, with `#` before
    /// comments; repeat it for more
    #[arg(long, value_name = "FILE", conflicts_with = "stream")]
    files_from: Vec<PathBuf>,

    /// The same, but each line is a path as it stands
    #[arg(long, value_name = "FILE", conflicts_with = "stream")]
    files_from_verbatim: Vec<PathBuf>,

    /// The same, but a zero byte ends each path: find -print0
    #[arg(long, value_name = "FILE", conflicts_with = "stream")]
    files_from_raw: Vec<PathBuf>,
}

impl FileLists {
    /// The paths of the lists, then those of the command line, all absolute.
    ///
    /// # Errors
    /// A list that cannot be read or understood; no path at all.
    pub(crate) fn with(&self, arguments: &[OsString]) -> Result<Vec<PathBuf>, Failure> {
        self.refuse_two_readers()?;
        let mut paths = Vec::new();
        for file in &self.files_from {
            paths.extend(patterns("--files-from", file)?);
        }
        for file in &self.files_from_verbatim {
            paths.extend(verbatim("--files-from-verbatim", file)?);
        }
        for file in &self.files_from_raw {
            paths.extend(raw("--files-from-raw", file)?);
        }
        paths.extend(source_path::all_absolute(arguments)?);
        match paths.is_empty() {
            true => Err(Failure::new(
                Code::Failed,
                anyhow::anyhow!("nothing to back up: the lists name no path"),
                "look into them, or name paths: lifeboat backup PATH...",
            )),
            false => Ok(paths),
        }
    }

    fn refuse_two_readers(&self) -> Result<(), Failure> {
        let all = [&self.files_from, &self.files_from_verbatim, &self.files_from_raw];
        match all.into_iter().flatten().filter(|file| is_stdin(file)).count() {
            0 | 1 => Ok(()),
            _ => Err(Failure::usage(
                "standard input is named as more than one list",
                "give it once, and files for the others: --files-from FILE",
            )),
        }
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn read(option: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    if is_stdin(file) { list_file::of_stdin(option) } else { list_file::of_file(option, file) }
}

fn patterns(option: &str, file: &Path) -> Result<Vec<PathBuf>, Failure> {
    let list = read(option, file)?;
    let mut paths = Vec::new();
    for (number, line) in list_file::lines(&list) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let pattern = source_path::absolute(path(line))?;
        paths.extend(expand_glob(&pattern).map_err(|error| {
            let cause = anyhow::Error::new(error).context(place(file, number));
            Failure::new(Code::Usage, cause, "for paths as they stand: --files-from-verbatim FILE")
        })?);
    }
    Ok(paths)
}

fn verbatim(option: &str, file: &Path) -> Result<Vec<PathBuf>, Failure> {
    let list = read(option, file)?;
    let lines = list_file::lines(&list).filter(|(_, line)| !line.is_empty());
    lines.map(|(_, line)| source_path::absolute(path(line))).collect()
}

fn raw(option: &str, file: &Path) -> Result<Vec<PathBuf>, Failure> {
    let list = read(option, file)?;
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let hint = "make the list with: find ... -print0";
    let Some(list) = list.strip_suffix(b"\0") else {
        // A list that was cut off names a path that nobody meant.
        return Err(Failure::usage(format!("no zero byte ends {}", file.display()), hint));
    };
    let names = list.split(|byte| *byte == 0).zip(1..);
    let name = |(name, number): (&[u8], usize)| match name.is_empty() {
        true => Err(Failure::usage(format!("path {number} of {} is empty", file.display()), hint)),
        false => source_path::absolute(path(name)),
    };
    names.map(name).collect()
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn place(file: &Path, number: usize) -> String {
    format!("{}, line {number}", file.display())
}
