//! Bytes of a name as text for people.
//!
//! Invariant: the result is one line of valid UTF-8 without control characters, and different bytes give
//! different texts; of patterns alone the form that was typed counts more than that.

use std::fmt::Write as _;

/// Text for a name or path: what cannot be printed, quotes and backslashes are written as escapes.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' | '\n' | '\r' | '\t' => text.extend(character.escape_default()),
                _ if disturbs(character) => text.extend(character.escape_unicode()),
                _ => text.push(character),
            }
        }
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("writing to a string does not fail");
        }
    }
    text
}

/// A pattern as it was typed: only what breaks a line or steers a terminal is written as an escape.
pub(crate) fn typed(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match disturbs(character) {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

/// Control characters, line and paragraph separators, and marks that reverse the direction of writing.
fn disturbs(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn text_is_one_line_and_unambiguous() {
        let table: [(&[u8], &str); 8] = [
            (b"plain name's", "plain name's"),
            ("gr\u{fc}n e\u{301}".as_bytes(), "gr\u{fc}n e\u{301}"),
            (b"a\nb\tc\r", "a\\nb\\tc\\r"),
            (b"\x1b[31m\x00\x7f", "\\u{1b}[31m\\u{0}\\u{7f}"),
            (b"say \"hi\" \\n", "say \\\"hi\\\" \\\\n"),
            (b"\xff\xfe-\xc3", "\\xff\\xfe-\\xc3"),
            ("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe"),
            ("a\u{2028}b\u{85}".as_bytes(), "a\\u{2028}b\\u{85}"),
        ];
        for (bytes, text) in table {
            assert_eq!(escaped(bytes), text);
        }
    }
}
