//! Names that a file system which ignores case may take for one.

/// The same name in other letters, upper case for lower; none where no letter has a case.
pub(crate) fn other_case(name: &[u8]) -> Option<Vec<u8>> {
    if name.iter().any(u8::is_ascii_alphabetic) {
        // These suffice to find out, and they do not change the length.
        let swap = |byte: &u8| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { *byte };
        return Some(name.iter().map(swap).collect());
    }
    let text = std::str::from_utf8(name).ok()?;
    [text.to_uppercase(), text.to_lowercase()].into_iter().find(|other| other != text).map(String::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::other_case;

    #[test]
    fn letters_change_their_case_and_nothing_else_does() {
        let names: [(&[u8], Option<&[u8]>); 6] = [
            (b"a Name.txt", Some(b"A nAME.TXT")),
            (b"x\xff\x9b", Some(b"X\xff\x9b")),
            ("\u{e9}".as_bytes(), Some("\u{c9}".as_bytes())),
            ("\u{c9}".as_bytes(), Some("\u{e9}".as_bytes())),
            ("\u{6587} 01@[`{".as_bytes(), None),
            (b"\xff\xfe", None),
        ];
        for (name, other) in names {
            assert_eq!(other_case(name).as_deref(), other, "{}", name.escape_ascii());
        }
    }
}
