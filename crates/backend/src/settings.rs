//! How object storage is reached: what variables and options say, gathered by whoever calls.
//!
//! Invariant: nothing here shows a value: half of them are secrets.

use std::collections::BTreeMap;
use std::fmt;

use crate::{Hurry, Patience};

/// What is needed besides a location. Nothing of it matters to a directory.
#[derive(Clone, Default)]
pub struct StoreSettings {
    /// Variables of the environment by name: `AWS_*`, `GOOGLE_*`, `AZURE_*`, and `HOME`.
    pub variables: BTreeMap<String, String>,
    /// Options by name, for example `storage-class`; they win over variables.
    pub options: BTreeMap<String, String>,
    /// Folders that hold nearly all bytes, each with a `/` at its end: their objects, and no others, get the storage class
    /// and the tags of the options.
    pub bulk: Vec<String>,
    /// Bytes per second that may be sent; any number when none.
    pub upload_limit: Option<u64>,
    /// Bytes per second that may be received; any number when none.
    pub download_limit: Option<u64>,
    /// How long a server that does not answer is waited for.
    pub patience: Patience,
    /// Whether to wait no longer.
    pub hurry: Hurry,
}

impl StoreSettings {
    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.variables.keys().chain(self.options.keys()).collect();
        f.debug_tuple("StoreSettings").field(&names).finish()
    }
}
