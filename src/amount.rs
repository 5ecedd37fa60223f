//! Amounts as people read them.

use indicatif::{BinaryBytes, HumanCount};
use std::time::Duration;

/// `1.21 MiB`.
pub(crate) fn bytes(amount: u64) -> String {
    BinaryBytes(amount).to_string()
}

/// `12,345`.
pub(crate) fn count(amount: u64) -> String {
    HumanCount(amount).to_string()
}

/// `1 file`, `12,345 files`.
pub(crate) fn of(amount: u64, noun: &str) -> String {
    let plural = if amount == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(amount))
}

/// `0:07`, `1:02:03`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, of};
    use std::time::Duration;

    #[test]
    fn amounts_are_readable() {
        assert_eq!([bytes(0), bytes(1023), bytes(1 << 20)], ["0 B", "1023 B", "1.00 MiB"]);
        assert_eq!([of(0, "file"), of(1, "file"), of(12_345, "file")], ["0 files", "1 file", "12,345 files"]);
        let times = [7, 65, 3723].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(times, ["0:07", "1:05", "1:02:03"]);
    }
}
