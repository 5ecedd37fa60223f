//! The figures that tests record (`docs/testing.md`, "Figures"): there is enough of everything, and `docs/safety.md` shows them
//! as they are.

mod half;
mod page;

use std::ffi::OsStr;
use std::{env, fs};

use half::Half;
use serde_json::Value;

use super::sources::root;

/// Names a file that is looked at instead of [`FIGURES`]; what is not absolute begins at the root of the checkout.
const OTHER: &str = "LIFEBOAT_FIGURES";
const FIGURES: &str = "docs/reliability.json";
/// Set to 1 where the page shall be written anew.
const WRITE: &str = "LIFEBOAT_WRITE_FIGURES";
const PAGE: &str = "docs/safety.md";
/// What is between these lines of the page is made of the figures.
const MARKS: [&str; 2] = ["<!-- of reliability.json -->\n", "<!-- end -->\n"];

/// The least that a run has to do.
struct Least {
    histories: u64,
    crash_points: u64,
    kills: u64,
    /// Seconds for which several processes work at once.
    beside_seconds: u64,
    states: u64,
    walks: u64,
    /// Seconds of each fuzz target; none where its corpus is only replayed.
    fuzz_seconds: Option<u64>,
}

const IN_CI: Least = Least {
    histories: 5_000,
    crash_points: 3_000,
    kills: 60,
    beside_seconds: 60,
    states: 500_000,
    walks: 60_000,
    fuzz_seconds: None,
};
const BY_HAND: Least = Least {
    histories: 200_000,
    crash_points: 20_000,
    kills: 1_000,
    beside_seconds: 900,
    states: 3_000_000,
    walks: 1_000_000,
    fuzz_seconds: Some(600),
};

#[test]
fn tests_in_ci_do_as_much_as_they_have_to() {
    let other = env::var_os(OTHER);
    let figures = figures(other.as_deref().unwrap_or_else(|| FIGURES.as_ref()));
    println!("{}", page::tables(&figures));
    let half = Half::of(&figures, "ci");
    half.assert_all_there();
    half.assert_at_least(&IN_CI);
    // The file of the checkout may be older than the newest of them.
    if other.is_some() {
        half.assert_all_targets();
    }
}

/// A short run that somebody recorded in the file of the checkout is no long one.
#[test]
fn what_is_done_by_hand_is_more() {
    Half::of(&figures(FIGURES.as_ref()), "by_hand").assert_at_least(&BY_HAND);
}

#[test]
fn the_page_shows_the_figures() {
    let path = root().join(PAGE);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(MARKS[0]).unwrap();
    let (shown, after) = rest.split_once(MARKS[1]).unwrap();
    let tables = page::tables(&figures(FIGURES.as_ref()));
    if env::var_os(WRITE).is_some_and(|value| value == "1") {
        fs::write(&path, [before, MARKS[0], &tables, MARKS[1], after].concat()).unwrap();
    }
    assert!(shown == tables, "{PAGE} does not show {FIGURES}: {WRITE}=1 writes it anew");
}

fn figures(file: &OsStr) -> Value {
    serde_json::from_slice(&fs::read(root().join(file)).unwrap()).unwrap()
}
