//! Anchors: names of records as text, kept where whoever may change the repository cannot change them.
//!
//! A line is `writer seq sha256`; empty lines and those that begin with `#` say nothing.

use lifeboat_repository::EvidenceName;

/// The line of a record.
#[must_use]
pub fn anchor(name: &EvidenceName) -> String {
    format!("{} {} {}", name.writer, name.seq, name.hash)
}

/// The records that a text names.
///
/// # Errors
/// The number of the first line that names none, from one.
pub fn anchors(text: &str) -> Result<Vec<EvidenceName>, usize> {
    let lines = (1..).zip(text.lines().map(str::trim));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let name =
        |line: &str| EvidenceName::from_text(&line.split_ascii_whitespace().collect::<Vec<_>>().join("-"));
    lines.map(|(number, line)| name(line).ok_or(number)).collect()
}
