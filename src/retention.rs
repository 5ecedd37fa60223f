//! What to keep, as people type it.

use crate::calendar::parse_span;
use crate::size;
use clap::Args;
use lifeboat_engine::{Count, GroupBy, Period, Policy, Span, Unused};

/// Rules of retention: what any of them keeps stays.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What to keep")]
pub(crate) struct Retention {
    /// The newest N snapshots; as everywhere below, `unlimited` keeps all of them
    #[arg(long, value_name = "N", value_parser = count)]
    keep_last: Option<Count>,

    /// The newest of each of N hours
    #[arg(long, value_name = "N", value_parser = count)]
    keep_hourly: Option<Count>,

    /// The newest of each of N days
    #[arg(long, value_name = "N", value_parser = count)]
    keep_daily: Option<Count>,

    /// The newest of each of N weeks, which begin on Monday
    #[arg(long, value_name = "N", value_parser = count)]
    keep_weekly: Option<Count>,

    /// The newest of each of N months
    #[arg(long, value_name = "N", value_parser = count)]
    keep_monthly: Option<Count>,

    /// The newest of each of N years
    #[arg(long, value_name = "N", value_parser = count)]
    keep_yearly: Option<Count>,

    /// All that are no older than 2y5m7d3h, seen from the newest one
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within: Option<Span>,

    /// The newest of each hour within this span
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within_hourly: Option<Span>,

    /// The newest of each day within this span
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within_daily: Option<Span>,

    /// The newest of each week within this span
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within_weekly: Option<Span>,

    /// The newest of each month within this span
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within_monthly: Option<Span>,

    /// The newest of each year within this span
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    keep_within_yearly: Option<Span>,

    /// All with this tag, or with all tags of a list TAG,TAG; repeat it for more
    #[arg(long, value_name = "TAG[,TAG...]")]
    keep_tag: Vec<String>,
}

impl Retention {
    /// The same as a policy.
    pub(crate) fn policy(&self) -> Policy {
        let of = [
            (Period::Hour, self.keep_hourly),
            (Period::Day, self.keep_daily),
            (Period::Week, self.keep_weekly),
            (Period::Month, self.keep_monthly),
            (Period::Year, self.keep_yearly),
        ];
        let within_of = [
            (Period::Hour, self.keep_within_hourly),
            (Period::Day, self.keep_within_daily),
            (Period::Week, self.keep_within_weekly),
            (Period::Month, self.keep_within_monthly),
            (Period::Year, self.keep_within_yearly),
        ];
        Policy {
            last: self.keep_last.unwrap_or_default(),
            of: of.into_iter().filter_map(|(period, count)| Some((period, count?))).collect(),
            within: self.keep_within,
            within_of: within_of.into_iter().filter_map(|(period, span)| Some((period, span?))).collect(),
            tags: self.keep_tag.iter().map(|list| list.split(',').map(str::to_owned).collect()).collect(),
            ..Policy::default()
        }
    }
}

fn count(text: &str) -> Result<Count, String> {
    match (text, size::whole(text)) {
        ("unlimited" | "-1", _) => Ok(Count::All),
        (_, Some(count @ 1..)) => Ok(Count::Some(count)),
        _ => Err("write a number from 1 on, or unlimited".to_owned()),
    }
}

/// What snapshots have in common that one rule looks at: a list of `host`, `paths` and `tags`, or nothing.
pub(crate) fn group_by(text: &str) -> Result<GroupBy, String> {
    let mut group_by = GroupBy { host: false, paths: false, tags: false };
    for word in text.split(',').filter(|word| !word.is_empty()) {
        match word {
            "host" | "hosts" => group_by.host = true,
            "path" | "paths" => group_by.paths = true,
            "tag" | "tags" => group_by.tags = true,
            _ => return Err("write host, paths, tags, or several of them: host,paths".to_owned()),
        }
    }
    Ok(group_by)
}

/// How much that nobody needs may stay: `2%`, `5G`, `unlimited`.
pub(crate) fn unused(text: &str) -> Result<Unused, String> {
    if text == "unlimited" {
        return Ok(Unused::Unlimited);
    }
    match text.strip_suffix('%') {
        None => size::parse(text)
            .map(Unused::Bytes)
            .map_err(|_| "write a share, a size or unlimited: 2%, 5G".to_owned()),
        Some(percent) => match percent.parse::<f64>() {
            Ok(percent @ 0.0..=100.0) => Ok(Unused::Percent(percent)),
            _ => Err("write a share from 0% to 100%".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_meant() {
        assert_eq!(
            (count("7"), count("unlimited"), count("-1")),
            (Ok(Count::Some(7)), Ok(Count::All), Ok(Count::All))
        );
        assert!(["0", "", "-2", "1.5", "many", "+3"].iter().all(|text| count(text).is_err()));
        assert_eq!(group_by("paths,host"), Ok(GroupBy::default()));
        assert_eq!(group_by(""), Ok(GroupBy { host: false, paths: false, tags: false }));
        assert!(group_by("user").is_err());
        assert_eq!((unused("2%"), unused("5k")), (Ok(Unused::Percent(2.0)), Ok(Unused::Bytes(5 << 10))));
        assert!(["", "101%", "-1%", "NaN%", "x%", "some"].iter().all(|text| unused(text).is_err()));
    }
}
