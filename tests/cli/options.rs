//! Every option of every help text is used by a test of the program.
//!
//! What an option does is tested beside the verb; here nothing slips through: an option that no test of the command
//! line types fails, and so does a verb.

use super::world::World;
use crate::sources::rust_sources;
use std::collections::BTreeSet;

/// Typed by nobody in a test: clap answers them itself.
const OF_CLAP: [&str; 2] = ["--help", "--version"];

#[test]
fn every_option_is_used_by_a_test() {
    let world = World::without_repository();
    let tests: Vec<_> =
        rust_sources().into_iter().filter(|source| source.path.starts_with("tests")).collect();
    if tests.is_empty() {
        return;
    }
    let mut options: BTreeSet<Vec<String>> = BTreeSet::new();
    for verb in verbs(&world, &[]) {
        let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
        let help = world.run(&[&verb[..], &["--help"]].concat()).succeeds().out;
        options.extend(options_of(&help));
    }
    assert!(options.len() > 15, "the help texts are not understood any more: {options:?}");
    let is_used = |names: &&Vec<String>| {
        let is_typed = |name: &String| tests.iter().any(|test| test.text.contains(&format!("\"{name}\"")));
        names.iter().any(|name| OF_CLAP.contains(&name.as_str()) || is_typed(name))
    };
    let unused: Vec<_> = options.iter().filter(|names| !is_used(names)).collect();
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

/// The options that stand at the start of a line, each with its short name: those in running text belong to somebody
/// else.
fn options_of(help: &str) -> BTreeSet<Vec<String>> {
    let heads = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let names = |line: &str| {
        let words = line.split([' ', ',', '=', '[']).map(|word| word.trim_end_matches('.'));
        words
            .filter(|word| !word.is_empty())
            .take_while(|word| word.starts_with('-'))
            .map(str::to_owned)
            .collect()
    };
    heads.map(names).collect()
}
