//! Every option of every help text is used by a test of the program.
//!
//! What an option does is tested beside the verb; here nothing slips through: an option that no test of the command
//! line types fails, and so does a verb.

use super::world::World;
use crate::sources::sources;
use std::collections::BTreeSet;

/// Typed by nobody in a test: clap answers them itself.
const OF_CLAP: [&str; 2] = ["--help", "--version"];

#[test]
fn every_option_is_used_by_a_test() {
    let world = World::without_repository();
    let tests: Vec<_> = sources().into_iter().filter(|source| source.path.starts_with("tests")).collect();
    if tests.is_empty() {
        return;
    }
    let mut options = BTreeSet::new();
    for verb in verbs(&world, &[]) {
        let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
        let help = world.run(&[&verb[..], &["--help"]].concat()).succeeds().out;
        options.extend(long_options(&help));
    }
    assert!(options.len() > 15, "the help texts are not understood any more: {options:?}");
    let used = |option: &&String| {
        OF_CLAP.contains(&option.as_str()) || tests.iter().any(|test| contains_word(&test.text, option))
    };
    let unused: Vec<_> = options.iter().filter(|option| !used(option)).collect();
    assert!(unused.is_empty(), "no test of the command line types these: {unused:?}");
}

/// All verbs below one, with their parents, which have no help of their own worth the name.
fn verbs(world: &World, above: &[&str]) -> Vec<Vec<String>> {
    let help = world.run(&[above, &["--help"]].concat()).succeeds().out;
    let mut verbs = vec![above.iter().map(|&verb| verb.to_owned()).collect()];
    let Some((_, list)) = help.split_once("Commands:\n") else { return verbs };
    for line in list.lines().take_while(|line| !line.is_empty()) {
        match line.split_whitespace().next() {
            Some("help") | None => {}
            Some(verb) if line.starts_with("  ") && !line.starts_with("   ") => {
                verbs.extend(self::verbs(world, &[above, &[verb]].concat()));
            }
            Some(_) => {}
        }
    }
    verbs
}

/// The options that stand at the start of a line: those in running text belong to somebody else.
fn long_options(help: &str) -> BTreeSet<String> {
    let heads = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = heads.flat_map(|line| line.split([' ', ',', '=', '[']).take(3));
    let options = words.map(|word| word.trim_end_matches('.')).filter(|word| word.starts_with("--"));
    options.map(str::to_owned).collect()
}

fn contains_word(text: &str, option: &str) -> bool {
    let continues = |character: char| character == '-' || character.is_ascii_alphanumeric();
    text.match_indices(option).any(|(at, _)| !text[at + option.len()..].starts_with(continues))
}
