//! Patterns of paths as plans have them.

use lifeboat_engine::{Filter, FilterOptions, Pattern};
use serde::{Deserialize, Serialize};

/// A pattern of saved paths, as `restore --include` takes it: `/etc/passwd`, `*.sqlite`, `/srv/**/{a,b}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Glob(String);

impl Glob {
    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// As a pattern that stands in the plan of this drill or check.
    #[must_use]
    pub fn pattern(&self, origin: &str) -> Pattern {
        Pattern { text: self.0.clone(), origin: origin.to_owned() }
    }
}

impl TryFrom<String> for Glob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // In a list on the command line these are comments and exceptions; here each pattern stands for itself.
        if text.trim().is_empty() || text.starts_with(['#', '!']) {
            return Err("write a pattern of paths, without ! or # at its start: /etc/*.conf".to_owned());
        }
        let pattern = Pattern { text: text.clone(), origin: "plan".to_owned() };
        let options = FilterOptions { patterns: vec![pattern], ..FilterOptions::default() };
        Filter::new(options).map_err(|error| error.to_string())?;
        Ok(Self(text))
    }
}
