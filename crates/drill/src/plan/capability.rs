//! What a drill takes away, and where it heals from.

use serde::{Deserialize, Serialize};

/// Something that a disaster would have taken, and that a drill has to do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Capability {
    /// The configuration.
    Config,
    /// What this machine knows of the repository.
    Cache,
    /// The files that were saved.
    Source,
    /// The repository itself: what is left are replicas.
    Primary,
    /// A repository, by its name in the configuration.
    Repository(String),
    /// All keys but the one under test.
    Keys,
}

impl TryFrom<String> for Capability {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(match text.as_str() {
            "config" => Self::Config,
            "cache" => Self::Cache,
            "source" => Self::Source,
            "primary" => Self::Primary,
            "key:*" => Self::Keys,
            text => match text.strip_prefix("repo:") {
                Some(name) if !name.is_empty() => Self::Repository(name.to_owned()),
                _ => return Err("write config, cache, source, primary, repo:NAME or key:*"),
            },
        })
    }
}

impl From<Capability> for String {
    fn from(capability: Capability) -> Self {
        match capability {
            Capability::Config => "config".to_owned(),
            Capability::Cache => "cache".to_owned(),
            Capability::Source => "source".to_owned(),
            Capability::Primary => "primary".to_owned(),
            Capability::Repository(name) => format!("repo:{name}"),
            Capability::Keys => "key:*".to_owned(),
        }
    }
}

/// Where sound bytes come from when stored ones are damaged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Means {
    /// The parity of the pack.
    Parity,
    /// A replica, by its name in the configuration.
    Replica(String),
}

impl TryFrom<String> for Means {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.strip_prefix("replica:") {
            _ if text == "parity" => Ok(Self::Parity),
            Some(name) if !name.is_empty() => Ok(Self::Replica(name.to_owned())),
            _ => Err("write parity or replica:NAME"),
        }
    }
}

impl From<Means> for String {
    fn from(means: Means) -> Self {
        match means {
            Means::Parity => "parity".to_owned(),
            Means::Replica(name) => format!("replica:{name}"),
        }
    }
}
