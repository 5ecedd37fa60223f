//! Names and paths, which are bytes, in JSON, which is text.
//!
//! Invariant: nothing is lost. Where the text cannot stand for the bytes, a field `..._hex` beside it has them.

use std::fmt::Write as _;

/// The bytes as text, with U+FFFD for what is not UTF-8.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The bytes in hexadecimal, where the text is not the same.
pub(super) fn hex_if_needed(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).is_err().then(|| hex(bytes))
}

/// The bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{hex_if_needed, text};

    #[test]
    fn bytes_that_are_no_text_are_not_lost() {
        assert_eq!((text(b"plain"), hex_if_needed(b"plain")), ("plain".into(), None));
        assert_eq!((text(b"a\xff"), hex_if_needed(b"a\xff")), ("a\u{fffd}".into(), Some("61ff".into())));
    }
}
