//! Names under which entries of a restore are made before they take the name they are for.
//!
//! Invariant: the form is fixed, so that what a killed restore left is known for what it is and nothing else is.

use lifeboat_sys::io::{Errno, retry_on_intr};
use lifeboat_sys::rand::{GetRandomFlags, getrandom};

const PREFIX: &[u8] = b".lifeboat-restore-";
/// Random bytes behind the prefix, each written as two hexadecimal digits.
const RANDOM_LEN: usize = 8;

/// A name that nobody has.
pub(crate) fn fresh_name() -> Result<Vec<u8>, Errno> {
    let mut random = [0; RANDOM_LEN];
    // So few bytes come at once or not at all.
    retry_on_intr(|| getrandom(&mut random, GetRandomFlags::empty()))?;
    let digits = u64::from_le_bytes(random);
    Ok([PREFIX, format!("{digits:016x}").as_bytes()].concat())
}

/// Whether a name was made here.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.strip_prefix(PREFIX)
        .is_some_and(|digits| digits.len() == 2 * RANDOM_LEN && digits.iter().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::{fresh_name, is_temporary};

    #[test]
    fn only_names_of_the_exact_form_are_temporary() {
        let [one, other] = [fresh_name().unwrap(), fresh_name().unwrap()];
        assert!(is_temporary(&one) && is_temporary(&other) && one != other);
        let names: [&[u8]; 6] = [
            b".lifeboat-restore-",
            b".lifeboat-restore-0123456789abcde",
            b".lifeboat-restore-0123456789abcdef0",
            b".lifeboat-restore-0123456789ABCDEF",
            b"lifeboat-restore-0123456789abcdef",
            b".lifeboat-restore-notes and plans.",
        ];
        for name in names {
            assert!(!is_temporary(name), "{}", name.escape_ascii());
        }
        assert!(is_temporary(b".lifeboat-restore-0123456789abcdef"));
    }
}
