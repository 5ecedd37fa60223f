//! Sizes as people type them.

pub(crate) use lifeboat_engine::parse_size as parse;

use std::ops::RangeInclusive;

/// A whole number without a sign.
pub(crate) fn whole(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

/// Reads a number of KiB in this range.
pub(crate) fn kib(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let most = crate::amount::bytes(u64::from(*range.end()) << 10);
        number.ok_or_else(|| {
            format!("write a number of KiB from {} to {}, which is {most}", range.start(), range.end())
        })
    }
}

/// Reads a number of KiB per second, and gives bytes per second.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    let kib = text.parse::<u64>().ok().filter(|kib| *kib > 0).and_then(|kib| kib.checked_mul(1 << 10));
    kib.ok_or_else(|| "write a number of KiB per second, at least 1".to_owned())
}

/// Reads a number of MiB in this range.
pub(crate) fn mib(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("write a number of MiB from {} to {}", range.start(), range.end()))
    }
}
