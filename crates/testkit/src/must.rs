//! The one way in which this crate fails: a panic that names what was tried, the path and the cause.

use std::fmt::Display;
use std::path::Path;

/// The value, or the end of the test.
#[track_caller]
pub(crate) fn must<T, E: Display>(result: Result<T, E>, action: &str, path: &Path) -> T {
    result.unwrap_or_else(|error| panic!("cannot {action} {}: {error}", path.display()))
}
