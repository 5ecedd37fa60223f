//! Marks: how a run ended, told by shape, then by colour.

use super::figure::label;

/// Words of verdicts in the order of the legend.
const WORDS: [&str; 7] = ["pass", "degraded", "unknown", "fail", "selftest-failed", "error", "missed"];
/// Room for a word of the legend.
const STEP: f64 = 100.0;

/// A mark about a point.
pub(super) fn mark(word: &str, x: f64, y: f64) -> String {
    let shape = match word {
        "pass" => format!("<circle class=\"mark full\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>"),
        "degraded" => path("mark full", &format!("M{x:.1} {:.1} l6 10 h-12 z", y - 6.0)),
        "unknown" => path("mark", &format!("M{x:.1} {:.1} l6 6 l-6 6 l-6 -6 z", y - 6.0)),
        "fail" => path("mark", &format!("M{:.1} {:.1} l10 10 m0 -10 l-10 10", x - 5.0, y - 5.0)),
        "selftest-failed" => {
            path("mark", &format!("M{:.1} {:.1} h10 v10 h-10 z l10 10 m0 -10 l-10 10", x - 5.0, y - 5.0))
        }
        "missed" => path("mark", &format!("M{:.1} {y:.1} h10", x - 5.0)),
        _ => path("mark", &format!("M{:.1} {:.1} h10 v10 h-10 z", x - 5.0, y - 5.0)),
    };
    format!("<g class=\"{word}\">{shape}</g>\n")
}

/// What the marks mean that stand in a drawing.
pub(super) fn legend(words: &[String], x: f64, y: f64) -> String {
    let there = WORDS.into_iter().filter(|word| words.iter().any(|other| other == word));
    let mut at = x;
    let mut legend = String::new();
    for word in there {
        legend += &(mark(word, at + 6.0, y - 4.0) + &label(at + 18.0, y, "start", &word.replace('-', " ")));
        at += STEP;
    }
    legend
}

fn path(class: &str, points: &str) -> String {
    format!("<path class=\"{class}\" d=\"{points}\"/>")
}
