//! The one line of a key file.
//!
//! Spec: docs/format.md#keys-as-text.

use super::{KeyTextError, checksum};
use crate::Key;
use crate::id::parse_hex;
use std::fmt::Write as _;
use zeroize::Zeroizing;

const PREFIX: &str = "lifeboat-key-";
const VERSION: &str = "1";
const CHECKSUM: &str = "lifeboat v1 key file checksum";
/// Room for the line: a text that grows leaves copies behind.
const ROOM: usize = 128;

/// What a key file of this key holds: one line.
#[must_use]
pub fn key_file_text(key: &Key) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    text.push_str(PREFIX);
    text.push_str(VERSION);
    text.push('-');
    hex(key.as_bytes(), &mut text);
    text.push('-');
    hex(&sum(key), &mut text);
    text.push('\n');
    text
}

pub(super) fn parse(text: &str) -> Result<Key, KeyTextError> {
    let rest = text.trim().strip_prefix(PREFIX).ok_or(KeyTextError::NoKey)?;
    let (version, rest) = rest.split_once('-').ok_or(KeyTextError::Altered)?;
    if version != VERSION {
        let is_number = version.parse().is_ok_and(|number: u32| number > 1);
        return Err(if is_number { KeyTextError::Newer } else { KeyTextError::Altered });
    }
    let (digits, written) = rest.split_once('-').ok_or(KeyTextError::Altered)?;
    let mut is_hex = false;
    let key = Key::filled(|bytes| is_hex = parse_hex(digits, bytes));
    let mut found = [0; 4];
    match is_hex && parse_hex(written, &mut found) && found == sum(&key) {
        true => Ok(key),
        false => Err(KeyTextError::Altered),
    }
}

fn sum(key: &Key) -> [u8; 4] {
    checksum(CHECKSUM, &[key.as_bytes()])
}

fn hex(bytes: &[u8], out: &mut String) {
    bytes.iter().for_each(|byte| write!(out, "{byte:02x}").expect("writing to a string cannot fail"));
}
