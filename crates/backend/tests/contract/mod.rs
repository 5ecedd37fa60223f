//! The contract of `Backend`, run over every implementation.
//!
//! Each case is a function of a [`Door`]; the macro at the end makes one test of it per implementation. A
//! door that is not listed there proves nothing.

#![expect(clippy::unwrap_used, reason = "cases are tests, but the lint sees them as plain functions")]

mod listing;
mod objects;
mod races;

use std::sync::Arc;

use lifeboat_backend::{
    Backend, LocalBackend, Location, MemoryBackend, ObjectName, RemoteBackend, StoreSettings,
};
use lifeboat_testkit::S3Place;
use object_store::memory::InMemory;
use tempfile::TempDir;

/// An implementation with nothing stored in it, and what it may do differently.
pub(crate) struct Door {
    backend: Arc<dyn Backend>,
    /// Whether a put of other bytes under an existing name is refused, or overwrites as remote stores do.
    refuses_conflicts: bool,
    /// Bytes of each of the four components of the longest name. Servers keep keys in file names or tables with limits
    /// of their own.
    component: usize,
    _directory: Option<TempDir>,
    _place: Option<S3Place>,
}

impl Door {
    fn memory() -> Option<Self> {
        Some(Self::of(Arc::new(MemoryBackend::new())))
    }

    fn local() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let backend = LocalBackend::open(directory.path()).expect("the directory was just made");
        Some(Self { _directory: Some(directory), ..Self::of(Arc::new(backend)) })
    }

    fn remote() -> Option<Self> {
        Some(Self::remote_below("backups/of this host"))
    }

    fn remote_at_root() -> Option<Self> {
        Some(Self::remote_below(""))
    }

    fn remote_below(prefix: &str) -> Self {
        let backend = RemoteBackend::new(Arc::new(InMemory::new()), prefix).expect("the prefix is a key");
        Self::of(Arc::new(backend))
    }

    /// On a server in this process.
    fn s3() -> Option<Self> {
        Some(Self { component: 30, ..Self::at(S3Place::in_process()) })
    }

    /// On one that somebody has started.
    fn s3_real() -> Option<Self> {
        S3Place::on_real_server().map(|place| Self { component: 90, ..Self::at(place) })
    }

    fn at(place: S3Place) -> Self {
        let variables = place.variables().iter().cloned().collect();
        let settings = StoreSettings { variables, ..StoreSettings::default() };
        let location = Location::parse(place.url()).expect("the place has a URL");
        let backend = location.open(&settings).expect("the place can be used");
        Self { _place: Some(place), ..Self::of(backend) }
    }

    fn of(backend: Arc<dyn Backend>) -> Self {
        let refuses_conflicts = !backend.is_remote();
        Self { backend, refuses_conflicts, component: 200, _directory: None, _place: None }
    }
}

/// A name that the test knows to be valid.
pub(crate) fn name(text: &str) -> ObjectName {
    ObjectName::new(text).expect("a valid name")
}

/// Bytes that differ at every place from those of another seed, so that a mixture is always noticed.
fn bytes(seed: u8, length: usize) -> Vec<u8> {
    (0_u8..=250).cycle().map(|byte| byte.wrapping_add(seed)).take(length).collect()
}

macro_rules! contract {
    ($($file:ident: $($case:ident)*;)*) => {
        contract!(@ memory $($file: $($case)*;)*);
        contract!(@ local $($file: $($case)*;)*);
        contract!(@ remote $($file: $($case)*;)*);
        contract!(@ remote_at_root $($file: $($case)*;)*);
        contract!(@ s3 $($file: $($case)*;)*);
        contract!(@ s3_real $($file: $($case)*;)*);
    };
    (@ $door:ident $($file:ident: $($case:ident)*;)*) => {
        mod $door {
            $($(
                #[test]
                fn $case() {
                    if let Some(door) = super::Door::$door() {
                        super::$file::$case(&door);
                    }
                }
            )*)*
        }
    };
}

contract! {
    objects:
        what_was_put_comes_back
        equal_bytes_may_be_put_again
        other_bytes_under_a_name
        what_is_damaged_is_replaced
        empty_and_large_objects
        ranges_are_exact_or_short
        empty_ranges
        a_limit_is_a_limit
        what_is_absent_is_not_found
        deleted_objects_are_gone
        many_are_deleted_at_once
        all_forms_of_names;
    listing:
        everything_is_listed_once_with_its_size
        a_prefix_is_a_folder
        an_empty_store_and_missing_folders_are_empty
        only_folders_can_be_listed
        a_visit_may_use_the_backend;
    races:
        equal_puts_all_succeed
        different_puts_have_one_winner
        readers_never_see_parts
        puts_into_new_folders_do_not_collide
        listing_meanwhile_shows_what_was_there;
}
