//! What is wrong with a file, for those who mend it: its line, its key, and what was meant.

use crate::exit::{Code, Failure};
use std::ops::Range;
use std::path::Path;

/// How many letters may be wrong in a key that is recognised all the same.
const SLIPS_MAX: usize = 3;

/// A text is not understood.
pub(super) fn misread(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let message = error.message().lines().collect::<Vec<_>>().join(", ");
    let cause = match error.span() {
        Some(span) => at(text, span, &message),
        None => message.clone(),
    };
    let meant = nearest(&message).map(|key| format!("write {key} in {}", path.display()));
    refused(path, &cause, meant.unwrap_or_else(|| hint(path)))
}

/// What a file says is refused.
pub(super) fn refused(path: &Path, cause: &str, hint: String) -> Failure {
    Failure::new(Code::Usage, anyhow::anyhow!("{}: {cause}", path.display()), hint)
}

/// What to do where nothing better is known.
pub(super) fn hint(path: &Path) -> String {
    format!("mend the file: {}", path.display())
}

/// The known word that one is meant to be.
pub(super) fn meant<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let (slips, known) = known.map(|known| (slips(word, known), known)).min()?;
    (slips <= SLIPS_MAX && slips < word.chars().count()).then_some(known)
}

/// What is wrong, with its line, and the key where one stands on that line.
fn at(text: &str, span: Range<usize>, message: &str) -> String {
    let start = text.get(..span.start).unwrap_or(text).matches('\n').count();
    let line = start + below(text, start, message);
    let key = text.lines().nth(line).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let named = key.filter(|key| !message.contains(key)).map(|key| format!("{key}: ")).unwrap_or_default();
    format!("line {}: {named}{message}", line + 1)
}

/// How many lines below the header of a table the unknown word stands: of a table with a type nothing but its header is known.
fn below(text: &str, header: usize, message: &str) -> usize {
    let Some(unknown) = unknown(message).and_then(|mut words| words.next()) else { return 0 };
    let mut lines = text.lines().skip(header);
    match lines.next().is_some_and(|line| line.trim_start().starts_with('[') && !line.contains(unknown)) {
        true => {
            let mut body = lines.take_while(|line| !line.trim_start().starts_with('['));
            body.position(|line| line.contains(unknown)).map_or(0, |below| below + 1)
        }
        false => 0,
    }
}

/// The words of a message about an unknown one: that one, and then those that are known.
fn unknown(message: &str) -> Option<impl Iterator<Item = &str>> {
    let is_about_one = message.starts_with("unknown field ") || message.starts_with("unknown variant ");
    is_about_one.then(|| message.split('`').skip(1).step_by(2))
}

/// The known word that the unknown one of a message is meant to be.
fn nearest(message: &str) -> Option<&str> {
    let mut words = unknown(message)?;
    let word = words.next()?;
    meant(word, words)
}

/// How many letters have to be changed, added or taken away to make one word of another.
fn slips(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, known) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        assert_eq!([slips("url", "url"), slips("ulr", "url"), slips("", "url")], [0, 2, 3]);
        assert_eq!([slips("keyfile", "key-file"), slips("key-files", "key-file")], [1, 1]);
    }

    #[test]
    fn a_word_that_is_all_wrong_was_not_meant() {
        assert_eq!(meant("pg", ["app", "tree"].into_iter()), None);
        assert_eq!(meant("contents", ["metadata", "content"].into_iter()), Some("content"));
    }
}
