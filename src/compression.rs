//! How hard to compress, as people say it: the words of restic, or a level of zstd.

use lifeboat_engine::Compression;
use std::ops::RangeInclusive;

/// The words, with what they stand for.
const WORDS: [(&str, Compression); 5] = [
    ("auto", Compression::Auto),
    ("off", Compression::Off),
    ("fastest", Compression::Level(1)),
    ("better", Compression::Level(6)),
    // Levels beyond save a few percent more and take ten times as long.
    ("max", Compression::Level(11)),
];
/// The levels of zstd that are asked for by number.
const LEVELS: RangeInclusive<i32> = 1..=22;

/// Understands a word or a level.
///
/// # Errors
/// Anything else; the text says what would be understood.
pub(crate) fn parse(text: &str) -> Result<Compression, String> {
    let by_word = WORDS.iter().find(|(word, _)| *word == text).map(|(_, compression)| *compression);
    let by_level = || text.parse().ok().filter(|level| LEVELS.contains(level)).map(Compression::Level);
    by_word.or_else(by_level).ok_or_else(|| {
        let words = WORDS.map(|(word, _)| word).join(", ");
        format!("write {words}, or a level from {} to {}", LEVELS.start(), LEVELS.end())
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use lifeboat_engine::Compression;

    #[test]
    fn words_and_levels_are_understood() {
        let table = [
            ("auto", Compression::default()),
            ("off", Compression::Off),
            ("1", Compression::Level(1)),
            ("22", Compression::Level(22)),
        ];
        for (text, compression) in table {
            assert_eq!(parse(text), Ok(compression), "{text}");
        }
        for text in ["", "0", "23", "-3", "Auto", "best", "3.5"] {
            let words = "write auto, off, fastest, better, max, or a level from 1 to 22";
            assert_eq!(parse(text), Err(words.to_owned()), "{text}");
        }
    }
}
