//! Records of rehearsals in forms that others read.
//!
//! Invariant: what is unknown is never shown as if it were good.

use serde::Serialize;
use serde_json::Value;

/// The word by which a record calls a kind, a verdict, a status or a level; empty for what it does not call by one word.
#[must_use]
pub fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
