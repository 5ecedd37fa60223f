//! Sizes as people type them, on the command line and in plans.

/// Bytes for each unit, under the first letter of its name.
const UNITS: [(char, u64); 5] =
    [('k', 1 << 10), ('m', 1 << 20), ('g', 1 << 30), ('t', 1 << 40), ('p', 1 << 50)];

/// The bytes of `10k`, `1.5M`, `2GiB` or `100`. All units are binary, as restic's are: `k`, `kB` and `KiB` are 1024.
///
/// # Errors
/// Anything else, and what does not fit into 64 bits; the text says what would.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || "write a number and perhaps a unit: 100, 10k, 1.5M, 2GiB".to_owned();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit_of(unit.trim_start()).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let numerator: u64 = fraction.parse().map_err(|_| wrong())?;
    // No overflow: twenty digits of a number and the largest unit have less than 128 bits together.
    let part = u32::try_from(fraction.len()).ok().and_then(|digits| 10_u128.checked_pow(digits));
    let part = u128::from(numerator) * u128::from(unit) / part.ok_or_else(wrong)?;
    let bytes = u128::from(whole) * u128::from(unit) + part;
    u64::try_from(bytes).map_err(|_| "that is more than 16 EiB".to_owned())
}

fn unit_of(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "" | "b" => Some(1),
        _ => {
            let letter = name.chars().next()?;
            let is_known = matches!(&name[letter.len_utf8()..], "" | "b" | "ib");
            UNITS.iter().find(|(first, _)| *first == letter && is_known).map(|(_, bytes)| *bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_are_binary() {
        let table = [
            ("0", 0),
            ("100", 100),
            ("7b", 7),
            ("10k", 10 << 10),
            ("10K", 10 << 10),
            ("3kB", 3 << 10),
            ("1.5M", 3 << 19),
            ("2GiB", 2 << 30),
            ("1 TiB", 1 << 40),
            ("0.1k", 102),
            ("16383P", 16_383 << 50),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "k",
            "-1",
            "1.",
            ".5",
            "1.2.3",
            "1x",
            "1kk",
            "1kilo",
            "1e3",
            "16384P",
            "99999999999999999999",
            "\u{e9}",
        ] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
