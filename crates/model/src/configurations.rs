//! The worlds that are looked at: small ones in which every path is taken, and one with everybody for walks.

use crate::configuration::{Configuration, Faults, Prunes, Role, Saves};
use crate::object::blobs;
use crate::rule::Rule;

/// Small worlds, of which every state is looked at in a few seconds.
#[must_use]
pub fn small() -> Vec<Configuration> {
    let (forgets, forgets_any) = (Role::Forgetter { any: false }, Role::Forgetter { any: true });
    let (writer, other) = (Role::writer(blobs("ab")), Role::writer(blobs("b")));
    let lost = Faults { lost_puts: true, ..Faults::default() };
    vec![
        Configuration { alone: true, faults: Faults { lost_puts: true, repeated_puts: true, ..Faults::default() },
            ..of("writer, pruner, forget: lost and repeated PUTs", &[writer, Role::pruner(), forgets]) },
        Configuration { faults: lost, ..of("2 writers, pruner, forget: lost PUTs", &[writer, other, Role::pruner(), forgets]) },
        Configuration { ..of("2 writers, pruner, forget any", &[writer, other, Role::pruner(), forgets_any]) },
        Configuration { faults: lost, ..of("writer, 2 pruners, forget: lost PUTs", &[writer, Role::pruner(), last(), forgets]) },
        Configuration { ..of("writer, 2 pruners, both move, forget", &[writer, moves(), moves(), forgets]) },
        Configuration { ..of("writer, 2 pruners, one moves, one merges, forget", &[writer, moves(), merges(), forgets]) },
        Configuration { ..of("writer, 2 pruners that merge, forget", &[writer, merges(), merges(), forgets]) },
        Configuration { alone: true, ..of("unforget, 2 pruners, forget", &[Role::Unforgetter, Role::pruner(), last(), forgets]) },
        Configuration { ..of("unforget, writer, pruner, forget", &[Role::Unforgetter, other, Role::pruner(), forgets]) },
        Configuration { ..of("3 pruners", &[Role::pruner(), last(), moves()]) },
        Configuration { ..of("3 pruners, 2 move", &[moves(), last(), moves()]) },
        Configuration { ..of("3 pruners, moves merges", &[moves(), merges(), last()]) },
        Configuration { ..of("2 writers that provide and take over, pruner, forget", &[provides(), takes_over(), Role::pruner(), forgets]) },
        Configuration { ..of("2 writers, one trusts parents, pruner, forget", &[writer, trusts(), Role::pruner(), forgets]) },
        Configuration { faults: Faults { deletes_apart: true, ..Faults::default() }, ..of("reader, 2 pruners move", &[Role::Reader, moves(), moves()]) },
        Configuration { pages: 2, ..of("pages: writer, pruner, forget", &[writer, Role::pruner(), forgets]) },
        Configuration { pages: 2, ..of("pages: writer, 2 pruners", &[Role::pruner(), last(), writer]) },
        Configuration { faults: Faults { rollback: true, ..Faults::default() }, ..of("rollback: writer, pruner", &[writer, Role::pruner()]) },
        Configuration { faults: Faults { unreadable_trees: true, ..Faults::default() }, ..of("unreadable: writer, pruner, forget", &[writer, Role::pruner(), forgets]) },
        Configuration { rounds: 2, ..of("2 writers, 2 pruners, forget", &[writer, other, Role::pruner(), last(), forgets]) },
        Configuration { rounds: 2, ..of("writer, 3 pruners, forget", &[writer, Role::pruner(), last(), merges(), forgets]) },
        Configuration { forgotten: true, ..of("0 writer, 2 pruners", &[writer, Role::pruner(), last()]) },
        Configuration { forgotten: true, ..of("0 writer, 2 pruners, both move", &[writer, moves(), moves()]) },
        Configuration { forgotten: true, ..of("0 writer, 2 pruners, moves merges", &[writer, moves(), merges()]) },
        Configuration { forgotten: true, ..of("0 2 writers, 2 pruners", &[writer, other, Role::pruner(), last()]) },
        Configuration { forgotten: true, ..of("0 writer, 3 pruners", &[writer, Role::pruner(), last(), moves()]) },
        Configuration { forgotten: true, faults: lost, ..of("0 writer, 2 pruners lost", &[writer, moves(), last()]) },
        Configuration { forgotten: true, ..of("0 unforget writer, 2 pruners", &[Role::Unforgetter, other, Role::pruner(), last()]) },
        Configuration { forgotten: true, pages: 2, ..of("0 pages writer, 2 pruners", &[writer, Role::pruner(), last()]) },
    ]
}

/// Everybody at once, and everything that goes wrong. Walks go through it.
#[must_use]
pub fn whole() -> Configuration {
    let roles = [
        Role::Writer(Saves { needs: blobs("ab"), needs_later: blobs("bc"), provides: true, ..plain() }),
        Role::pruner(),
        Role::Writer(Saves { needs: blobs("bc"), takes_over: true, ..plain() }),
        last(),
        Role::Forgetter { any: true },
        Role::Pruner(Prunes { moves_all: true, merges: true, ..Prunes::PLAIN }),
        Role::Unforgetter,
        trusts(),
        Role::Reader,
    ];
    let faults = Faults { lost_puts: true, repeated_puts: true, deletes_apart: true, unreadable_trees: true, rollback: false };
    Configuration { pages: 2, faults, ..of("everybody", &roles) }
}

fn of(name: &'static str, roles: &[Role]) -> Configuration {
    Configuration { name, roles: roles.to_vec(), pages: 1, rounds: 3, faults: Faults::default(), alone: false, forgotten: false, whole: false }
}

fn last() -> Role { Role::Pruner(Prunes { prefers_last: true, ..Prunes::PLAIN }) }
fn moves() -> Role { Role::Pruner(Prunes { moves_all: true, ..Prunes::PLAIN }) }
fn merges() -> Role { Role::Pruner(Prunes { merges: true, ..Prunes::PLAIN }) }
fn plain() -> Saves { Saves { needs: blobs("b"), needs_later: blobs("b"), provides: false, takes_over: false, trusts_parents: false } }
fn provides() -> Role { Role::Writer(Saves { provides: true, ..plain() }) }
fn takes_over() -> Role { Role::Writer(Saves { takes_over: true, ..plain() }) }
fn trusts() -> Role { Role::Writer(Saves { trusts_parents: true, ..plain() }) }

/// A world in which it is noticed when nobody keeps a rule.
#[must_use]
pub fn without(rule: Rule) -> Configuration {
    let forgets = Role::Forgetter { any: false };
    let (writer, other) = (Role::writer(blobs("ab")), Role::writer(blobs("b")));
    let lost = Faults { lost_puts: true, ..Faults::default() };
    match rule {
        Rule::CommitsAreVoidable | Rule::RelyOnWhatCounts | Rule::NamesAreUsedOnce | Rule::CommitLast
        | Rule::ReadAfterCommit | Rule::CommitBeforeReading | Rule::CheckBeforeAgain | Rule::SeenWasChecked
        | Rule::MarkAgain | Rule::CondemnBeforeReading | Rule::SweepBeforeDelete => of("writer, pruner, forget", &[writer, Role::pruner(), forgets]),
        Rule::UnforgetsAreVoidable | Rule::ReadAfterUnforget | Rule::UnforgetWhatCounts => of("unforget, pruner, forget", &[Role::Unforgetter, Role::pruner(), forgets]),
        Rule::CondemnedForEver | Rule::CondemnedWhenSpared => of("2 pruners", &[other, Role::pruner(), last(), forgets]),
        Rule::OneCondemnASession => of("2 writers, pruner, forget", &[writer, other, Role::pruner(), forgets]),
        Rule::CondemnedByAnybody => of("3 pruners", &[Role::pruner(), last(), moves()]),
        Rule::PlacesArePairs => of("writer, merges, pruner", &[writer, merges(), Role::pruner()]),
        Rule::ClosedReadings | Rule::TwoListings | Rule::Ancestors => Configuration { pages: 2, ..of("pages: 2 writers, pruner, forget", &[writer, Role::pruner(), other, forgets]) },
 Rule::WholeListings => Configuration { pages: 2, ..of("pages: writer, pruner, forget", &[writer, Role::pruner(), forgets]) },
        Rule::Memory => Configuration { faults: Faults { rollback: true, ..Faults::default() }, ..of("rollback: writer, pruner", &[writer, last()]) },
        Rule::TakeOverWhatCounts => of("2 writers", &[Role::writer(blobs("c")), Role::Writer(Saves { needs: blobs("c"), needs_later: blobs("c"), takes_over: true, ..plain() }), Role::pruner()]),
        Rule::LookUpTheParents => of("trusts", &[writer, trusts(), Role::pruner(), forgets]),
        Rule::EndWhenUnknown => Configuration { faults: lost, ..of("provides", &[provides(), Role::pruner(), forgets])},
        Rule::DuplicatesAreRoots => of("dups", &[Role::Writer(Saves { needs: blobs("b"), needs_later: blobs("c"), ..plain() }), Role::pruner(), last(), forgets]),
        Rule::LastPlaceStays => of("x", &[writer, Role::pruner(), last(), forgets]),
        Rule::UnreadableStops => Configuration { faults: Faults { unreadable_trees: true, ..Faults::default() }, ..of("unreadable: writer, pruner", &[writer, Role::pruner()]) },
        Rule::ReadersKnowTheCommit => of("reader, writer", &[Role::Reader, Role::Writer(Saves { needs: blobs("c"), needs_later: blobs("b"), ..plain() }), Role::pruner(), forgets]),
        Rule::ReadersReadAgain => Configuration { faults: Faults { deletes_apart: true, ..Faults::default() }, ..of("reader", &[Role::Reader, moves(), moves()]) },
    }
}
