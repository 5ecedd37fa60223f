//! Files with lists that options name: patterns, paths.

use crate::exit::Failure;
use std::io::{self, Read as _, stdin};
use std::path::Path;

/// Longest list, in bytes: some millions of paths.
const LONGEST: u64 = 1 << 30;

/// All bytes of a file that an option names.
///
/// # Errors
/// It cannot be read, or is too long.
#[expect(
    clippy::disallowed_methods,
    reason = "the file is an option of the command line, not a source of data"
)]
pub(crate) fn of_file(option: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    refuse_stdin(option, path)?;
    let read = std::fs::File::open(path).and_then(limited);
    read.map_err(|error| {
        let action = format!("cannot read {}", path.display());
        Failure::system(action, error, format!("name a file that can be read: {option} FILE"))
    })
}

/// Refuses `-` for a file that is read once, as it stands: some would mean standard input by it, others a file.
///
/// # Errors
/// It is `-`.
pub(crate) fn refuse_stdin(option: &str, path: &Path) -> Result<(), Failure> {
    match path.as_os_str() == "-" {
        true => Err(Failure::usage(
            format!("{option} does not take - for standard input"),
            format!("{option} /dev/stdin, or for a file of this name: {option} ./-"),
        )),
        false => Ok(()),
    }
}

/// All bytes of standard input.
///
/// # Errors
/// As [`of_file`].
pub(crate) fn of_stdin(option: &str) -> Result<Vec<u8>, Failure> {
    limited(stdin().lock()).map_err(|error| {
        Failure::system("cannot read standard input", error, format!("name a file instead: {option} FILE"))
    })
}

/// The lines of a list, each with its number, the first of them 1.
pub(crate) fn lines(list: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    // A newline ends a line; behind the last one there is no other.
    list.strip_suffix(b"\n")
        .unwrap_or(list)
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .map(|(line, number)| (number, line))
}

fn limited(source: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LONGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LONGEST {
        true => Err(io::Error::other("it is longer than 1 GiB")),
        false => Ok(bytes),
    }
}
