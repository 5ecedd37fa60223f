//! Lengths of time as plans have them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Seconds of each unit, the longest first. A year has 365 days.
const UNITS: [(&str, u64); 6] =
    [("y", 365 * 86_400), ("w", 7 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

/// A length of time: `90s`, `45m`, `26h`, `30d`, `2w`, `7y`. At least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u64);

impl Span {
    /// So many seconds.
    pub(crate) const fn seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// How long it is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl TryFrom<String> for Span {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = "write a number from 1 on and its unit: 90s, 45m, 26h, 30d, 2w, 7y";
        let number = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
        let (number, seconds) = number.filter(|(number, _)| is_plain(number)).ok_or(wrong)?;
        let number = number.parse::<u64>().ok().filter(|number| *number > 0);
        number.and_then(|number| number.checked_mul(*seconds)).map(Self).ok_or(wrong)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// In the longest unit of which it is a whole number, so that equal spans have equal texts.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds));
        let (unit, seconds) = whole.unwrap_or(&("s", 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

/// Digits alone: a sign is no number here.
fn is_plain(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit())
}
