//! The worlds that are looked at: small and larger ones, in which every path is taken, and one with everybody, for walks.

use crate::configuration::{Configuration, Faults, Prunes, Role, Saves};
use crate::object::blobs;

/// Worlds of which every state is looked at in seconds.
#[must_use]
pub fn small() -> Vec<Configuration> {
    [one_writer(), several_writers(), several_pruners(), pages(), other_troubles()].concat()
}

/// Worlds of which every state is looked at in minutes, with some gigabytes.
#[must_use]
pub fn large() -> Vec<Configuration> {
    let (both, later) = (Role::writer(blobs("ab")), Role::writer(blobs("b")));
    let lost_puts = Faults { lost_puts: true, ..Faults::default() };
    let of = |name, roles: &[Role]| Configuration { alone: false, ..Configuration::of(name, roles) };
    vec![
        Configuration {
            rounds: 2,
            ..of("2 writers, 2 pruners, forget", &[both, later, first(), last(), FORGET])
        },
        Configuration {
            rounds: 2,
            ..of("writer, 3 pruners, forget", &[both, first(), last(), merges(), FORGET])
        },
        Configuration {
            forgotten: true,
            rounds: 2,
            ..of("forgotten: writer, 3 pruners", &[both, first(), last(), moves()])
        },
        Configuration {
            forgotten: true,
            faults: lost_puts,
            ..of("forgotten: unforget, writer, 2 pruners; lost PUTs", &[UNFORGET, later, first(), last()])
        },
        Configuration { pages: 2, ..of("pages: 2 writers, pruner, forget", &[both, first(), later, FORGET]) },
        Configuration {
            pages: 2,
            ..of("pages: writer, 2 pruners, forget", &[both, first(), last(), FORGET])
        },
    ]
}

/// Everybody at once, and everything that goes wrong.
#[must_use]
pub fn everybody() -> Configuration {
    let roles = [
        Role::Writer(Saves { needs_later: blobs("bc"), provides: true, ..Saves::all_of(blobs("ab")) }),
        first(),
        Role::Writer(Saves { needs_later: blobs("b"), takes_over: true, ..Saves::all_of(blobs("bc")) }),
        last(),
        Role::Forgetter { any: true },
        Role::Pruner(Prunes { moves_all: true, merges: true, ..Prunes::PLAIN }),
        UNFORGET,
        Role::Writer(Saves { trusts_parents: true, ..Saves::all_of(blobs("b")) }),
        Role::Reader,
    ];
    let faults = Faults {
        lost_puts: true,
        repeated_puts: true,
        deletes_apart: true,
        unreadable_trees: true,
        rollback: false,
    };
    Configuration { pages: 2, faults, ..Configuration::of("everybody", &roles) }
}

fn one_writer() -> Vec<Configuration> {
    let writer = Role::writer(blobs("ab"));
    let of = Configuration::of;
    let lost_puts = Faults { lost_puts: true, ..Faults::default() };
    let all_puts = Faults { repeated_puts: true, ..lost_puts };
    vec![
        Configuration {
            faults: all_puts,
            ..of("writer, pruner, forget; lost and repeated PUTs", &[writer, first(), FORGET])
        },
        Configuration {
            faults: lost_puts,
            alone: false,
            ..of("writer, 2 pruners, forget; lost PUTs", &[writer, first(), last(), FORGET])
        },
        of("writer, 2 pruners that move, forget", &[writer, moves(), moves(), FORGET]),
        of("writer, pruner that moves, one that merges, forget", &[writer, moves(), merges(), FORGET]),
        of("writer, 2 pruners that merge, forget", &[writer, merges(), merges(), FORGET]),
        of("writer, 2 careful pruners, forget", &[writer, careful(), careful(), FORGET]),
        Configuration {
            forgotten: true,
            faults: lost_puts,
            ..of("forgotten: writer, 2 pruners, one moves; lost PUTs", &[writer, moves(), last()])
        },
    ]
}

fn several_writers() -> Vec<Configuration> {
    let (both, later) = (Role::writer(blobs("ab")), Role::writer(blobs("b")));
    let saves = Saves::all_of(blobs("bc"));
    let provides = Role::Writer(Saves { provides: true, ..saves });
    let takes_over = Role::Writer(Saves { takes_over: true, ..saves });
    let trusts = Role::Writer(Saves { trusts_parents: true, ..Saves::all_of(blobs("b")) });
    let changes = Role::Writer(Saves { needs_later: blobs("bc"), ..Saves::all_of(blobs("ab")) });
    let of = Configuration::of;
    let lost_puts = Faults { lost_puts: true, ..Faults::default() };
    vec![
        Configuration {
            faults: lost_puts,
            ..of("2 writers, pruner, forget; lost PUTs", &[both, later, first(), FORGET])
        },
        of("2 writers, pruner, forget any", &[both, changes, first(), Role::Forgetter { any: true }]),
        of("2 writers that provide and take over, pruner, forget", &[provides, takes_over, first(), FORGET]),
        of("2 writers, one trusts parents, pruner, forget", &[both, trusts, first(), FORGET]),
        of("unforget, writer, pruner, forget", &[UNFORGET, later, first(), FORGET]),
    ]
}

fn several_pruners() -> Vec<Configuration> {
    let of = Configuration::of;
    vec![
        of("3 pruners, one moves", &[first(), last(), moves()]),
        of("3 pruners, 2 move", &[moves(), last(), moves()]),
        of("3 pruners, one moves, one merges", &[moves(), merges(), last()]),
        of("unforget, 2 pruners, forget", &[UNFORGET, first(), last(), FORGET]),
        of("unforget, 2 pruners, one moves, forget", &[UNFORGET, first(), moves(), FORGET]),
    ]
}

/// With two pages.
fn pages() -> Vec<Configuration> {
    let writer = Role::writer(blobs("ab"));
    let of = |name, roles: &[Role]| Configuration { pages: 2, ..Configuration::of(name, roles) };
    vec![
        of("pages: writer, pruner, forget", &[writer, first(), FORGET]),
        of("pages: unforget, pruner, forget", &[UNFORGET, first(), FORGET]),
        of("pages: 2 pruners, writer", &[first(), last(), writer]),
    ]
}

fn other_troubles() -> Vec<Configuration> {
    let writer = Role::writer(blobs("ab"));
    let of = |name, faults, roles: &[Role]| Configuration { faults, ..Configuration::of(name, roles) };
    let none = Faults::default();
    let (rollback, unreadable) =
        (Faults { rollback: true, ..none }, Faults { unreadable_trees: true, ..none });
    let apart = Faults { deletes_apart: true, ..none };
    vec![
        of("rollback: writer, pruner", rollback, &[writer, last()]),
        of("unreadable trees: writer, pruner, forget", unreadable, &[writer, first(), FORGET]),
        of("reader, 2 pruners that move", apart, &[Role::Reader, moves(), moves()]),
        of("reader, writer, pruner, forget", apart, &[Role::Reader, writer, first(), FORGET]),
    ]
}

pub(crate) const FORGET: Role = Role::Forgetter { any: false };
pub(crate) const UNFORGET: Role = Role::Unforgetter;

/// A pruner that keeps first places.
pub(crate) const fn first() -> Role {
    Role::Pruner(Prunes::PLAIN)
}

/// One that keeps last places.
pub(crate) const fn last() -> Role {
    Role::Pruner(Prunes { prefers_last: true, ..Prunes::PLAIN })
}

/// One that moves all that is needed.
pub(crate) const fn moves() -> Role {
    Role::Pruner(Prunes { moves_all: true, ..Prunes::PLAIN })
}

/// One that merges index objects.
pub(crate) const fn merges() -> Role {
    Role::Pruner(Prunes { merges: true, ..Prunes::PLAIN })
}

/// One that leaves alone what no entry names.
const fn careful() -> Role {
    Role::Pruner(Prunes { takes_orphans: false, ..Prunes::PLAIN })
}
