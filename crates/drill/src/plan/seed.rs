//! What random choices are made of.

use serde::{Deserialize, Serialize};

/// Where the seed of a drill comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Seed {
    /// From the keys of the repository, the plan and the snapshot, so that nobody who only stores it knows what will be looked at.
    #[default]
    Derived,
    /// From this text, which an auditor may choose.
    Given(String),
}

impl From<String> for Seed {
    fn from(text: String) -> Self {
        match text.as_str() {
            "derived" => Self::Derived,
            _ => Self::Given(text),
        }
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> Self {
        match seed {
            Seed::Derived => "derived".to_owned(),
            Seed::Given(text) => text,
        }
    }
}
