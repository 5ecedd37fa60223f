//! Parts of a whole as plans have them.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A part of a whole, above 0 and up to 1: `0.05`, or `"5%"`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Share(f64);

impl Share {
    /// The same, if it is one.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share <= 1.0).then_some(Self(share))
    }

    /// As a number.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyForm)
    }
}

struct AnyForm;

impl Visitor<'_> for AnyForm {
    type Value = Share;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share above 0 and up to 1, as 0.05 or \"5%\"")
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Share, E> {
        Share::new(number).ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Share, E> {
        // No whole number but one is a share.
        let one = (number == 1).then_some(Share(1.0));
        one.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Share, E> {
        let one = (number == 1).then_some(Share(1.0));
        one.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Share, E> {
        let is_plain = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let percent = text.strip_suffix('%').filter(is_plain).and_then(|digits| digits.parse::<f64>().ok());
        let share = percent.and_then(|percent| Share::new(percent / 100.0));
        share.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
