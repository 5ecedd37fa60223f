//! Bytes that need not be written where a file begins as one hole.

/// Whether every byte is zero.
#[must_use]
pub fn is_zeros(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        // Each byte equals its neighbour: the comparison of memory with itself is as fast as the machine allows.
        [first, rest @ ..] => *first == 0 && *rest == bytes[..rest.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::is_zeros;

    #[test]
    fn one_bit_anywhere_is_seen() {
        assert!(is_zeros(b"") && is_zeros(&[0]) && is_zeros(&[0; 5_000]));
        for position in [0, 1, 2_499, 4_998, 4_999] {
            let mut bytes = [0; 5_000];
            bytes[position] = 0x80;
            assert!(!is_zeros(&bytes), "{position}");
        }
        assert!(!is_zeros(&[7; 9]));
    }
}
