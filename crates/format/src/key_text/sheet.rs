//! The words of a recovery sheet: eight numbered lines of four words.
//!
//! Spec: docs/format.md#keys-as-text. Each line holds 32 bits of the key and 12 of a checksum that is bound to its
//! number, so that whoever types a sheet learns which line to look at again.

use super::{KeyTextError, checksum};
use crate::Key;
use bip39::Language;
use std::fmt::Write as _;
use zeroize::Zeroizing;

const CHECKSUM: &str = "lifeboat v1 recovery sheet checksum";
const LINES: u8 = 8;
const WORDS: usize = 4;
/// Bits of a word, of which there are as many as that allows.
const WORD_BITS: usize = 11;
const WORD_MASK: u64 = (1 << WORD_BITS) - 1;
/// Bits of a line's checksum.
const SUM_BITS: u32 = 12;
/// Of so many words in a line without a number as many are known as make it a line of the sheet.
const KNOWN_WORDS: usize = 3;
/// Characters of a word beyond which it is not looked at.
const WORD_LENGTH: usize = 16;
/// Room for the lines: a text that grows leaves copies behind.
const ROOM: usize = 512;

/// The eight lines that a recovery sheet of this key holds.
#[must_use]
pub fn sheet_words(key: &Key) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    for (line, group) in (1..=LINES).zip(key.as_bytes().as_chunks().0) {
        write!(text, "{line}:").expect("writing to a string cannot fail");
        let bits = u64::from(u32::from_le_bytes(*group)) << SUM_BITS | sum(line, group);
        for place in (0..WORDS).rev() {
            let number = usize::try_from(bits >> (place * WORD_BITS) & WORD_MASK).expect("eleven bits");
            let word = Language::English.word_list()[number];
            write!(text, " {word}").expect("writing to a string cannot fail");
        }
        text.push('\n');
    }
    text
}

/// Takes every line that has the form of one of the eight, and passes over all others.
pub(super) fn parse(text: &str) -> Result<Key, KeyTextError> {
    let mut groups = Zeroizing::new([[0; 4]; LINES as usize]);
    let (mut found, mut previous) = ([false; LINES as usize], 0);
    for line in text.lines() {
        let Some((number, words)) = numbered(line, previous)? else { continue };
        let place = usize::from(number - 1);
        groups[place] = group_of(number, words)?;
        found[place] = true;
        previous = number;
    }
    let missing = (1..=LINES).zip(found).find(|(_, found)| !found);
    match missing {
        None => Ok(Key::of_slice(groups.as_flattened()).expect("eight times four bytes")),
        Some(_) if previous == 0 => Err(KeyTextError::NoKey),
        Some((line, _)) => Err(KeyTextError::MissingLine(line)),
    }
}

/// Number and words of a line of the sheet. Whoever leaves the numbers out means the line after the previous one.
fn numbered(line: &str, previous: u8) -> Result<Option<(u8, [&str; WORDS])>, KeyTextError> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let first = words.first().map(|first| first.trim_end_matches(['.', ':', ')'])).unwrap_or_default();
    let explicit = first.parse().ok().filter(|number| (1..=LINES).contains(number));
    if explicit.is_some() {
        words.remove(0);
    }
    let number = explicit.unwrap_or(previous + 1);
    match <[&str; WORDS]>::try_from(&words[..]) {
        Ok(four) if explicit.is_some() || is_of_the_sheet(number, &four) => Ok(Some((number, four))),
        Err(_) if explicit.is_some() => Err(KeyTextError::WordCount { line: number, words: words.len() }),
        _ => Ok(None),
    }
}

/// Whether four words without a number are a line of the sheet, be it with a slip in it.
fn is_of_the_sheet(number: u8, words: &[&str; WORDS]) -> bool {
    number <= LINES && words.iter().filter(|word| number_of(word).is_some()).count() >= KNOWN_WORDS
}

/// The part of the key that the words of a line stand for.
fn group_of(line: u8, words: [&str; WORDS]) -> Result<[u8; 4], KeyTextError> {
    let mut bits = 0;
    for word in words {
        let number = number_of(word).ok_or_else(|| unknown(line, word))?;
        bits = bits << WORD_BITS | number as u64;
    }
    let [a, b, c, d, ..] = (bits >> SUM_BITS).to_le_bytes();
    let group = [a, b, c, d];
    match sum(line, &group) == bits % (1 << SUM_BITS) {
        true => Ok(group),
        false => Err(KeyTextError::WrongWord(line)),
    }
}

fn number_of(word: &str) -> Option<usize> {
    Language::English.word_list().iter().position(|known| known.eq_ignore_ascii_case(word))
}

fn unknown(line: u8, word: &str) -> KeyTextError {
    let word: String = word.chars().take(WORD_LENGTH).collect::<String>().to_lowercase();
    let by_distance = Language::English.word_list().iter().min_by_key(|known| distance(&word, known));
    let nearest = by_distance.copied().unwrap_or_default();
    KeyTextError::UnknownWord { line, word, nearest }
}

/// Characters to be put in, left out or replaced to make one word of the other (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (place, other) in right.chars().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[right.len()]
}

fn sum(line: u8, group: &[u8; 4]) -> u64 {
    let bytes = checksum(CHECKSUM, &[&[line], group]);
    u64::from(u16::from_le_bytes(bytes)) % (1 << SUM_BITS)
}
