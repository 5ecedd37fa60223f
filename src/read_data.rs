//! How much of the stored data a verification reads, as people type it.
//!
//! A budget is a time or a size, and its unit says which: `m` is minutes and `M` is MiB. Nothing else depends on the
//! case of a letter: `s`, `h` and `d` are no sizes, `k`, `g` and `t` are no times.

use crate::size;
use lifeboat_engine::ReadData;
use std::time::Duration;

/// Seconds of each unit of time.
const TIMES: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
/// Millionths of a whole in one percent, and how many decimals that takes.
const OF_PERCENT: u32 = 10_000;
const DECIMALS: usize = 4;

/// A part of all packs: `1/7`, `2.5%`, `5G`.
///
/// # Errors
/// What is none of them, and what would be no pack or more than all.
pub(crate) fn subset(text: &str) -> Result<ReadData, String> {
    if let Some((number, groups)) = text.split_once('/') {
        return group(number, groups)
            .ok_or_else(|| "write n/t with n from 1 to t: 1/7, 2/7, ... 7/7".to_owned());
    }
    if let Some(percent) = text.strip_suffix('%') {
        let share = share(percent);
        return share.ok_or_else(|| "write a percentage above 0 and up to 100%: 5%, 0.25%, 100%".to_owned());
    }
    sized(text, "write a group, a percentage or a size: 1/7, 2.5%, 5G")
}

/// What may be spent on reading: `90s`, `10m`, `2h`, `1d`, or `500M`, `2GiB`.
///
/// # Errors
/// What is neither a time nor a size, and what has no unit.
pub(crate) fn budget(text: &str) -> Result<ReadData, String> {
    let wrong =
        "write a time or a size with its unit: 90s, 10m, 2h, 1d or 500M, 2GiB (m is minutes, M is MiB)";
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    match TIMES.iter().find(|(name, _)| *name == unit.trim_start()) {
        Some((_, seconds)) => {
            let time = whole(number).filter(|number| *number > 0);
            let time = time.and_then(|number| number.checked_mul(*seconds));
            time.map(|seconds| ReadData::Time(Duration::from_secs(seconds))).ok_or_else(|| wrong.to_owned())
        }
        None if unit.is_empty() => Err(wrong.to_owned()),
        None => sized(text, wrong),
    }
}

fn group(number: &str, groups: &str) -> Option<ReadData> {
    let number = u32::try_from(whole(number)?).ok()?;
    let groups = u32::try_from(whole(groups)?).ok()?;
    (1..=groups).contains(&number).then_some(ReadData::Group { number, groups })
}

fn share(percent: &str) -> Option<ReadData> {
    let (percent, decimals) = percent.split_once('.').unwrap_or((percent, "0"));
    if !(1..=DECIMALS).contains(&decimals.len()) {
        return None;
    }
    let decimals = whole(&format!("{decimals:0<DECIMALS$}"))?;
    let share = whole(percent)?.checked_mul(u64::from(OF_PERCENT))?.checked_add(decimals)?;
    let share = u32::try_from(share).ok()?;
    (1..=100 * OF_PERCENT).contains(&share).then_some(ReadData::Share(share))
}

fn sized(text: &str, wrong: &str) -> Result<ReadData, String> {
    let bytes = size::parse(text).ok().filter(|bytes| *bytes > 0);
    bytes.map(ReadData::Size).ok_or_else(|| wrong.to_owned())
}

/// Digits alone: a sign is no number here.
fn whole(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{budget, subset};
    use lifeboat_engine::ReadData::{self, Group, Share, Size, Time};
    use std::time::Duration;

    #[test]
    fn subsets_are_groups_percentages_and_sizes() {
        let table: [(&str, ReadData); 11] = [
            ("1/1", Group { number: 1, groups: 1 }),
            ("2/5", Group { number: 2, groups: 5 }),
            ("365/365", Group { number: 365, groups: 365 }),
            ("100%", Share(1_000_000)),
            ("100.0%", Share(1_000_000)),
            ("2.5%", Share(25_000)),
            ("0.0001%", Share(1)),
            ("05%", Share(50_000)),
            ("5G", Size(5 << 30)),
            ("1.5 MiB", Size(3 << 19)),
            ("100", Size(100)),
        ];
        for (text, expected) in table {
            assert_eq!(subset(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_subset_is_refused() {
        let odd = [
            "",
            "/",
            "/5",
            "1/",
            "0/5",
            "6/5",
            "0/0",
            "-1/5",
            "1/-5",
            "+1/5",
            "1/5/5",
            "1.5/5",
            "1/5000000000",
            " 1/5",
            "%",
            "0%",
            "0.0%",
            "101%",
            "100.0001%",
            "-5%",
            "+5%",
            ".5%",
            "5.%",
            "1.23456%",
            "5%%",
            "1e1%",
            "NaN%",
            "0",
            "0G",
            "-5G",
            "5X",
            "some",
            "5G/7",
            "\u{665}%",
        ];
        for text in odd {
            assert!(subset(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_unit_of_a_budget_says_what_it_is() {
        let minutes = |minutes: u64| Time(Duration::from_secs(60 * minutes));
        let table: [(&str, ReadData); 13] = [
            ("90s", Time(Duration::from_secs(90))),
            ("10m", minutes(10)),
            ("10 m", minutes(10)),
            ("2h", minutes(120)),
            ("1d", minutes(1440)),
            ("10M", Size(10 << 20)),
            ("10MB", Size(10 << 20)),
            ("10mib", Size(10 << 20)),
            ("7B", Size(7)),
            ("7b", Size(7)),
            ("64k", Size(64 << 10)),
            ("2GiB", Size(2 << 30)),
            ("1.5T", Size(3 << 39)),
        ];
        for (text, expected) in table {
            assert_eq!(budget(text), Ok(expected), "{text}");
        }
        let odd = [
            "",
            "m",
            "s",
            "10",
            "0m",
            "0s",
            "0G",
            "-10m",
            "+10m",
            "1.5h",
            "1h30m",
            "10min",
            "10S",
            "10H",
            "10D",
            "10%",
            "1/7",
            "some",
            "18446744073709551615d",
            "99999999999999999999s",
        ];
        for text in odd {
            assert!(budget(text).is_err(), "{text}");
        }
    }
}
