//! The contract of `Backend`, run over every implementation.
//!
//! Each case is a function of a [`Door`]; the macro at the end makes one test of it per implementation. A
//! door that is not listed there proves nothing.

#![expect(clippy::unwrap_used, reason = "cases are tests, but the lint sees them as plain functions")]

mod listing;
mod objects;
mod races;

use std::sync::Arc;

use lifeboat_backend::{Backend, LocalBackend, MemoryBackend, ObjectName, RemoteBackend};
use object_store::memory::InMemory;
use tempfile::TempDir;

/// An implementation with nothing stored in it, and what it may do differently.
pub(crate) struct Door {
    backend: Arc<dyn Backend>,
    /// Whether a put of other bytes under an existing name is refused, or overwrites as remote stores do.
    refuses_conflicts: bool,
    _directory: Option<TempDir>,
}

impl Door {
    fn memory() -> Self {
        Self { backend: Arc::new(MemoryBackend::new()), refuses_conflicts: true, _directory: None }
    }

    fn local() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let backend = LocalBackend::open(directory.path()).expect("the directory was just made");
        Self { backend: Arc::new(backend), refuses_conflicts: true, _directory: Some(directory) }
    }

    fn remote() -> Self {
        Self::remote_below("backups/of this host")
    }

    fn remote_at_root() -> Self {
        Self::remote_below("")
    }

    fn remote_below(prefix: &str) -> Self {
        let backend = RemoteBackend::new(Arc::new(InMemory::new()), prefix).expect("the prefix is a key");
        Self { backend: Arc::new(backend), refuses_conflicts: false, _directory: None }
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
    };
    (@ $door:ident $($file:ident: $($case:ident)*;)*) => {
        mod $door {
            $($(
                #[test]
                fn $case() {
                    super::$file::$case(&super::Door::$door());
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
        empty_and_large_objects
        ranges_are_exact_or_short
        empty_ranges
        a_limit_is_a_limit
        what_is_absent_is_not_found
        deleted_objects_are_gone
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
