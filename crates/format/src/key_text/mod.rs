//! Keys as text: what stands in a key file, and the words of a recovery sheet.
//!
//! Spec: docs/format.md#keys-as-text. Both carry checksums, so that a slip of the pen is told from another key.

mod key_file;
mod sheet;

pub use key_file::key_file_text;
pub use sheet::sheet_words;

use crate::Credential;
use thiserror::Error;

/// Why a text yields no key. What was mistyped is named; a text that holds its key whole is never told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyTextError {
    /// Something else.
    #[error("it is neither a key file nor a recovery sheet")]
    NoKey,
    /// Written by a later version.
    #[error("it is a key file of a newer version than this program knows")]
    Newer,
    /// A key file whose checksum does not fit.
    #[error("its key is cut short or mistyped")]
    Altered,
    /// A word that is on no sheet.
    #[error("line {line}: there is no word \"{word}\"; the nearest is \"{nearest}\"")]
    UnknownWord {
        /// Number of the line on the sheet, from 1.
        line: u8,
        /// The word, cut off where no word goes on.
        word: String,
        /// The word of the list that differs least.
        nearest: &'static str,
    },
    /// A line whose checksum does not fit.
    #[error("line {0}: one of its words is not that of the sheet, or they are in another order")]
    WrongWord(u8),
    /// A line with too few or too many words.
    #[error("line {line} has {words} words, not four")]
    WordCount {
        /// Number of the line on the sheet, from 1.
        line: u8,
        /// How many words it has.
        words: usize,
    },
    /// A line that is not there.
    #[error("line {0} is missing")]
    MissingLine(u8),
}

/// The key in a key file or on a recovery sheet: the content tells which of the two it is.
///
/// # Errors
/// When it is neither, or was not copied faithfully.
pub fn parse_key_text(text: &[u8]) -> Result<Credential, KeyTextError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyTextError::NoKey)?;
    match key_file::parse(text) {
        Err(KeyTextError::NoKey) => sheet::parse(text).map(Credential::RecoverySheet),
        other => other.map(Credential::KeyFile),
    }
}

/// The first bytes of what only this key, or part of one, hashes to.
fn checksum<const N: usize>(context: &'static str, parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    let mut sum = [0; N];
    hasher.finalize_xof().fill(&mut sum);
    sum
}
