//! The damage matrix: every kind of object, every harm, and what each verb makes of it.
//!
//! In each cell what comes back is what was saved, or is named; that is asserted where the verbs are run. What they say is the
//! table of `docs/safety.md`, which is compared with what happens here.

mod fixture;
mod harm;
mod said;

use fixture::{Fixture, Objects, Profile, VERBS};
use harm::{Harm, Kind};
use lifeboat_backend::ObjectName;
use said::Said;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What each verb may say of one harm, wherever exactly it strikes.
type Row = [BTreeSet<Said>; 7];

/// Runs the verbs on all ways in which a harm can happen to a kind of object.
fn row(
    fixture: &Fixture,
    kind: &Kind,
    harm: Harm,
    is_warm: bool,
    spread: impl Fn(Objects) -> Objects,
) -> Row {
    let mut row = Row::default();
    for (name, other) in &kind.objects {
        for objects in harm.done_to(&fixture.objects, name, other) {
            let said = fixture.run(&spread(objects), is_warm);
            row.iter_mut().zip(said).for_each(|(cell, said)| cell.extend([said]));
        }
    }
    row
}

/// The rows of a table, one for all harms of a kind of object that lead to the same.
fn table(
    fixture: &Fixture,
    is_warm: bool,
    only: impl Fn(&Kind) -> bool,
    spread: impl Fn(Objects) -> Objects,
) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in fixture.kinds().iter().filter(|kind| only(kind)) {
        let mut rows: Vec<(Vec<&str>, Row)> = Vec::new();
        for harm in Harm::ALL {
            let row = row(fixture, kind, harm, is_warm, &spread);
            if row[0].is_empty() {
                continue;
            }
            match rows.iter_mut().find(|(_, known)| *known == row) {
                Some((harms, _)) => harms.push(harm.name()),
                None => rows.push((vec![harm.name()], row)),
            }
        }
        lines.extend(
            rows.iter().map(|(harms, row)| line(kind.name, &harms.join(", "), &row.each_ref().map(cell))),
        );
    }
    lines
}

fn cell(said: &BTreeSet<Said>) -> String {
    said.iter().map(|said| said.name()).collect::<Vec<_>>().join("/")
}

fn line<T: AsRef<str>>(kind: &str, harms: &str, cells: &[T; 7]) -> String {
    let [snapshots, restore, verify, scrub, backup, prune, copy] = cells.each_ref().map(AsRef::as_ref);
    format!("{kind:14} {snapshots:9} {restore:9} {verify:6} {scrub:6} {backup:6} {prune:6} {copy:6} {harms}")
}

fn is_pack(kind: &Kind) -> bool {
    kind.name.starts_with("pack")
}

/// The block of the page that begins with this line.
fn documented(first: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/safety.md");
    let text = std::fs::read_to_string(path).unwrap();
    let block = text.split("```text\n").find(|block| block.starts_with(first)).unwrap_or_default();
    block.lines().skip(2).take_while(|line| *line != "```").map(str::to_owned).collect()
}

fn assert_documented(title: &str, lines: &[String]) {
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    let head = line("object", "what happened to it", &VERBS);
    assert!(documented(title) == lines, "docs/safety.md should say\n{title}\n{head}\n{}", lines.join("\n"));
}

#[test]
fn of_an_only_copy_everything_is_named_and_what_can_come_back_does() {
    let fixture = Fixture::new(Profile::Bucket);
    assert_documented("The only copy", &table(&fixture, false, |_| true, |objects| objects));
    fixture.record("the only copy");
}

#[test]
fn a_pack_with_parity_loses_nothing_by_a_little_damage() {
    let fixture = Fixture::new(Profile::Disk);
    assert_documented("With parity", &table(&fixture, false, is_pack, |objects| objects));
    fixture.record("packs with parity");
}

/// The name of the second copy of an object, where there is one (docs/format.md, "Second copies").
fn second_copy(fixture: &Fixture, name: &ObjectName) -> Option<ObjectName> {
    let second = match name.as_str().split_once('/') {
        Some((folder, rest)) => format!("{folder}2/{rest}"),
        None => format!("{name}2"),
    };
    Some(ObjectName::new(&second).unwrap()).filter(|second| fixture.objects.contains_key(second))
}

fn is_doubled(kind: &Kind) -> bool {
    !is_pack(kind) && kind.name != "running hint"
}

#[test]
fn of_two_copies_one_is_enough() {
    let fixture = Fixture::new(Profile::Disk);
    for mut kind in fixture.kinds().into_iter().filter(is_doubled) {
        for is_second in [false, true] {
            if is_second {
                for (name, other) in &mut kind.objects {
                    *name = second_copy(&fixture, name).unwrap();
                    other.lies_at = other.lies_at.as_ref().and_then(|name| second_copy(&fixture, name));
                }
            }
            for harm in Harm::ALL {
                let [snapshots, restore, verify, scrub, others @ ..] =
                    row(&fixture, &kind, harm, false, |objects| objects);
                let context = format!("{} {} second: {is_second}", kind.name, harm.name());
                let is_harmless = |cell: &BTreeSet<Said>| cell.iter().all(|said| *said <= Said::Mendable);
                let all = [&snapshots, &restore].into_iter().chain(&others);
                assert!(all.clone().all(is_harmless), "{context}: {:?}", all.collect::<Vec<_>>());
                if verify.is_empty() {
                    continue;
                }
                assert_eq!(verify, BTreeSet::from([Said::Mendable]), "{context}");
                // Of two configs or slots that differ and look sound only a key can tell which is right.
                let is_nameless = matches!(kind.name, "config" | "key slot");
                let scrubbed =
                    |said: &Said| *said == Said::Mendable || (is_nameless && *said == Said::Damage);
                assert!(scrub.iter().all(scrubbed), "{context}: {scrub:?}");
            }
        }
    }
    fixture.record("one of two copies");
}

/// Where both copies are harmed alike there is nothing that was not there before.
#[test]
fn two_harmed_copies_are_as_bad_as_a_single_one() {
    let fixture = Fixture::new(Profile::Disk);
    let twice = |mut objects: Objects| {
        for name in fixture.objects.keys() {
            let Some(second) = second_copy(&fixture, name) else { continue };
            match objects.get(name).cloned() {
                Some(bytes) => drop(objects.insert(second, bytes)),
                None => drop(objects.remove(&second)),
            }
        }
        objects
    };
    let rows = table(&fixture, false, is_doubled, twice);
    let mut expected = documented("The only copy");
    expected.retain(|line| !line.starts_with("pack") && !line.starts_with("running"));
    let rows: Vec<_> = rows.iter().map(|row| row.trim_end().to_owned()).collect();
    assert_eq!(rows, expected);
    fixture.record("both copies");
}

/// A machine may do with what it keeps, but for whoever looks for damage; and what it saw and is gone it misses.
#[test]
fn what_a_machine_keeps_makes_no_answer_worse() {
    let fixture = Fixture::new(Profile::Bucket);
    for kind in fixture.kinds() {
        for harm in Harm::ALL {
            let [fresh, warm] =
                [false, true].map(|is_warm| row(&fixture, &kind, harm, is_warm, |objects| objects));
            for ((verb, fresh), warm) in VERBS.into_iter().zip(fresh).zip(warm) {
                let context = format!("{} {} {verb}: {fresh:?}, {warm:?}", kind.name, harm.name());
                match verb {
                    "scrub" => assert!(warm == fresh, "{context}"),
                    _ if kind.name == "newest commit" && harm == Harm::Vanished => {
                        assert_eq!(warm, BTreeSet::from([Said::Tampering]), "{context}");
                    }
                    "verify" => {
                        let is_silent = |row: &BTreeSet<Said>| row.contains(&Said::Nothing);
                        assert!(is_silent(&warm) <= is_silent(&fresh), "{context}");
                    }
                    _ => {
                        let is_better = |said: &Said| *said == Said::Nothing || fresh.contains(said);
                        assert!(warm.iter().all(is_better), "{context}");
                    }
                }
            }
        }
    }
    fixture.record("with a cache and without");
}
