//! Key files and recovery sheets: what a person may do to them, and which slip is named how.

use crate::world;
use lifeboat_format::{Credential, KeyTextError, key_file_text, parse_key_text, sheet_words};

fn sheet() -> String {
    sheet_words(&world::written_key()).to_string()
}

#[track_caller]
fn assert_is_the_sheet(text: &str) {
    let credential = parse_key_text(text.as_bytes()).expect("the words of the sheet");
    assert!(matches!(credential, Credential::RecoverySheet(key) if *sheet_words(&key) == sheet()));
}

fn error(text: &str) -> KeyTextError {
    parse_key_text(text.as_bytes()).expect_err("not as it was written")
}

/// The sheet with one of its words replaced.
fn with_word(line: usize, place: usize, word: &str) -> String {
    let mut lines: Vec<Vec<String>> =
        sheet().lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
    lines[line - 1][place] = word.to_owned();
    lines.iter().map(|words| words.join(" ") + "\n").collect()
}

#[test]
fn a_key_file_is_one_line() {
    let text = key_file_text(&world::written_key());
    assert!(text.ends_with('\n') && text.lines().count() == 1);
    for text in [text.to_string(), text.trim().to_owned(), format!("\r\n  {}\t\n\n", text.trim())] {
        assert!(matches!(parse_key_text(text.as_bytes()), Ok(Credential::KeyFile(_))), "{text:?}");
    }
}

#[test]
fn a_key_file_that_was_altered_is_told_from_another_file() {
    let text = key_file_text(&world::written_key());
    let line = text.trim();
    for length in "lifeboat-key-".len()..line.len() {
        assert_eq!(error(&line[..length]), KeyTextError::Altered, "{length}");
    }
    for place in "lifeboat-key-1-".len()..line.len() {
        let mut mistyped = line.to_owned();
        let digit = if &line[place..=place] == "0" { "1" } else { "0" };
        mistyped.replace_range(place..=place, digit);
        assert_eq!(error(&mistyped), KeyTextError::Altered, "{mistyped}");
    }
    assert_eq!(error(&line.to_uppercase()), KeyTextError::NoKey);
    assert_eq!(error(&format!("{line} {line}")), KeyTextError::Altered);
    assert_eq!(error(&line.replacen("-1-", "-2-", 1)), KeyTextError::Newer);
    for other in ["", "\n\n", "hunter2", "ssh-ed25519 AAAA", &"x".repeat(1 << 16)] {
        assert_eq!(error(other), KeyTextError::NoKey);
    }
    assert_eq!(parse_key_text(&[0xff; 90]).expect_err("no text"), KeyTextError::NoKey);
}

#[test]
fn a_sheet_may_be_typed_in_many_ways() {
    let sheet = sheet();
    let without_numbers: String = sheet.lines().map(|line| format!("{}\n", &line[3..])).collect();
    let backwards: Vec<&str> = sheet.lines().rev().collect();
    assert_is_the_sheet(&sheet);
    assert_is_the_sheet(&sheet.to_uppercase());
    assert_is_the_sheet(&without_numbers);
    assert_is_the_sheet(&sheet.replace(": ", ")\t ").replace('\n', " \r\n\r\n"));
    assert_is_the_sheet(&sheet.replace(':', ""));
    assert_is_the_sheet(&backwards.join("\n"));
    assert_is_the_sheet(&format!("Recovery sheet\nof a big boat\n\n2026-11-21\n{sheet}\nKeep it well."));
    // Who typed a line again below meant the second one.
    let slip = sheet.lines().next().expect("a line").replacen("1:", "2:", 1);
    assert_eq!(error(&format!("{sheet}{slip}")), KeyTextError::WrongWord(2));
}

#[test]
fn an_unknown_word_is_named_with_its_line_and_the_nearest() {
    for (typed, meant) in
        [("abandn", "abandon"), ("zoos", "zoo"), ("Lbrary", "library"), ("h\u{f6}tel", "hotel")]
    {
        let named = KeyTextError::UnknownWord { line: 3, word: typed.to_lowercase(), nearest: meant };
        assert_eq!(error(&with_word(3, 2, typed)), named);
    }
    let long = error(&with_word(8, 4, &"y".repeat(60_000)));
    assert!(matches!(&long, KeyTextError::UnknownWord { line: 8, word, .. } if word.len() == 16), "{long}");
}

#[test]
fn a_wrong_word_is_found_in_its_line() {
    let sheet = sheet();
    for line in 1..=8_u8 {
        let other = |place| with_word(line.into(), place, "zebra");
        for place in 1..=4 {
            assert_eq!(error(&other(place)), KeyTextError::WrongWord(line), "{place}");
        }
    }
    // Words in another order, lines under the number of another.
    let words: Vec<&str> = sheet.split_whitespace().collect();
    let swapped = with_word(1, 1, words[2]).replacen(&format!(" {} {}", words[2], words[2]), "", 1);
    assert_ne!(swapped, sheet);
    let turned =
        sheet.replacen(&format!("{} {}", words[1], words[2]), &format!("{} {}", words[2], words[1]), 1);
    assert_eq!(error(&turned), KeyTextError::WrongWord(1));
    let renumbered = sheet.replacen("1:", "0", 1).replacen("2:", "1:", 1).replacen("0", "2:", 1);
    assert_eq!(error(&renumbered), KeyTextError::WrongWord(2));
}

#[test]
fn lines_and_words_that_are_missing_are_counted() {
    let sheet = sheet();
    for line in 1..=8_u8 {
        let without: String = sheet
            .lines()
            .filter(|text| !text.starts_with(&line.to_string()))
            .map(|text| format!("{text}\n"))
            .collect();
        assert_eq!(error(&without), KeyTextError::MissingLine(line));
        assert_eq!(error(&with_word(line.into(), 2, "")), KeyTextError::WordCount { line, words: 3 });
        assert_eq!(
            error(&with_word(line.into(), 2, "two words")),
            KeyTextError::WordCount { line, words: 5 }
        );
    }
}

#[test]
fn the_list_of_words_is_the_one_of_the_text() {
    // docs/format.md names it by its hash.
    let words = bip39::Language::English.word_list().map(|word| format!("{word}\n"));
    let hash = "43afe08c75f902534cfd2a694bef11db381f4804cd3ef76cd05a8ad0d7199122";
    assert!(words.is_sorted());
    assert_eq!(blake3::hash(words.concat().as_bytes()).to_hex().as_str(), hash);
}
