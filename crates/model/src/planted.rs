//! For each rule a world in which it is noticed when nobody keeps it: on every path, or on walks where it takes many steps.

use crate::configuration::{Configuration, Faults, Role, Saves};
use crate::configurations::{FORGET, UNFORGET, first, last, merges, moves};
use crate::object::blobs;
use crate::rule::Rule;

/// The world of a rule. States are whole in it: what nobody looks at may matter to those who keep one rule less.
#[must_use]
pub fn planted(rule: Rule) -> Configuration {
    Configuration { whole: true, alone: false, ..of(rule) }
}

fn of(rule: Rule) -> Configuration {
    let of = |roles: &[Role]| Configuration::of("planted", roles);
    let (both, later) = (Role::writer(blobs("ab")), Role::writer(blobs("b")));
    match rule {
        Rule::CommitsAreVoidable
        | Rule::NamesAreUsedOnce
        | Rule::RelyOnWhatCounts
        | Rule::CommitLast
        | Rule::ReadAfterCommit
        | Rule::CommitBeforeReading
        | Rule::CheckBeforeAgain
        | Rule::SeenWasChecked
        | Rule::MarkAgain
        | Rule::CondemnBeforeReading
        | Rule::SweepBeforeDelete => of(&[both, first(), FORGET]),
        Rule::UnforgetsAreVoidable | Rule::ReadAfterUnforget | Rule::UnforgetWhatCounts => {
            of(&[UNFORGET, first(), FORGET])
        }
        Rule::CondemnedForEver | Rule::CondemnedWhenSpared => of(&[later, first(), last(), FORGET]),
        Rule::OneCondemnASession => of(&[both, later, first(), FORGET]),
        Rule::CondemnedByAnybody => of(&[first(), last(), moves()]),
        Rule::PlacesArePairs => of(&[both, merges(), first()]),
        Rule::WholeListings | Rule::Ancestors => Configuration { pages: 2, ..of(&[both, first(), FORGET]) },
        Rule::TwoListings => {
            Configuration { forgotten: true, pages: 2, ..of(&[both, first(), UNFORGET, first()]) }
        }
        Rule::ClosedReadings => Configuration { pages: 2, ..of(&[both, first(), later, FORGET]) },
        Rule::VoidEntriesName => of(&[Role::writer(blobs("c")), last()]),
        Rule::LastPlaceStays => of(&[both, first(), last(), FORGET]),
        _ => of_one_kind(rule),
    }
}

/// The worlds that no other rule has.
fn of_one_kind(rule: Rule) -> Configuration {
    let of = |roles: &[Role]| Configuration::of("planted", roles);
    let saves = |needs, later| Saves { needs_later: blobs(later), ..Saves::all_of(blobs(needs)) };
    let faults = |faults, roles: &[Role]| Configuration { faults, ..of(roles) };
    let (both, none) = (Role::writer(blobs("ab")), Faults::default());
    match rule {
        Rule::Memory => faults(Faults { rollback: true, ..none }, &[both, last()]),
        Rule::TakeOverWhatCounts => {
            let takes_over = Role::Writer(Saves { takes_over: true, ..saves("c", "c") });
            of(&[Role::Writer(saves("c", "c")), takes_over, first()])
        }
        Rule::LookUpTheParents => {
            of(&[both, Role::Writer(Saves { trusts_parents: true, ..saves("b", "b") }), first(), FORGET])
        }
        Rule::EndWhenUnknown => {
            let provides = Role::Writer(Saves { provides: true, ..saves("c", "c") });
            faults(Faults { lost_puts: true, ..none }, &[provides, first(), FORGET])
        }
        Rule::DuplicatesAreRoots => of(&[Role::Writer(saves("b", "c")), first(), last(), FORGET]),
        Rule::UnreadableStops => faults(Faults { unreadable_trees: true, ..none }, &[both, first()]),
        Rule::ReadersKnowTheCommit => of(&[Role::Reader, Role::Writer(saves("c", "b")), first(), FORGET]),
        _ => of(&[Role::Reader, moves(), moves()]),
    }
}
