//! Hours, days and longer periods in the time zone of this machine, for policies of retention.

use crate::size::whole;
use jiff::tz::TimeZone;
use jiff::{Span as JiffSpan, Zoned};
use lifeboat_engine::{Calendar, Period, Span, Timestamp};

/// Seconds of an hour and of a day.
const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The calendar of a time zone.
pub(crate) struct Local(TimeZone);

impl Local {
    /// That of this machine.
    pub(crate) fn of_this_machine() -> Self {
        Self(TimeZone::system())
    }

    fn zoned(&self, at: Timestamp) -> Option<Zoned> {
        let moment = jiff::Timestamp::new(at.seconds, 0).ok()?;
        Some(moment.to_zoned(self.0.clone()))
    }
}

impl Calendar for Local {
    fn key(&self, period: Period, at: Timestamp) -> i64 {
        // Beyond the years that calendars know there is one zone, and a month has thirty days.
        let (offset, months) = self.zoned(at).map_or_else(
            || (0, at.seconds.div_euclid(30 * DAY)),
            |zoned| {
                let months = i64::from(zoned.year()) * 12 + i64::from(zoned.month()) - 1;
                (i64::from(zoned.offset().seconds()), months)
            },
        );
        let local = at.seconds.saturating_add(offset);
        match period {
            // When clocks are set back the same hour comes again, with another offset.
            Period::Hour => local.div_euclid(HOUR).saturating_mul(4 * DAY).saturating_add(offset),
            Period::Day => local.div_euclid(DAY),
            // The first day of 1970 was a Thursday.
            Period::Week => (local.div_euclid(DAY) + 3).div_euclid(7),
            Period::Month => months,
            Period::Year => months.div_euclid(12),
        }
    }

    fn back(&self, from: Timestamp, span: Span) -> Timestamp {
        let first = Timestamp { seconds: i64::MIN, nanoseconds: 0 };
        let back = || {
            let span = JiffSpan::new()
                .try_years(span.years)
                .and_then(|jiff| jiff.try_months(span.months))
                .and_then(|jiff| jiff.try_days(span.days))
                .and_then(|jiff| jiff.try_hours(span.hours));
            self.zoned(from)?.checked_sub(span.ok()?).ok()
        };
        back().map_or(first, |zoned| Timestamp { seconds: zoned.timestamp().as_second(), ..from })
    }
}

/// The span of `2y5m7d3h`, of which any part may be missing.
///
/// # Errors
/// Anything else; the text says what would do.
pub(crate) fn parse_span(text: &str) -> Result<Span, String> {
    let wrong = || "write years, months, days and hours, in this order: 2y5m7d3h, 14d, 36h".to_owned();
    let (mut span, mut rest) = (Span::default(), text);
    let parts =
        [('y', &mut span.years), ('m', &mut span.months), ('d', &mut span.days), ('h', &mut span.hours)];
    for (unit, part) in parts {
        if let Some((number, after)) = rest.split_once(unit) {
            *part = whole(number).ok_or_else(wrong)?;
            rest = after;
        }
    }
    match rest.is_empty() && span != Span::default() {
        true => Ok(span),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks go forward on 2026-03-29 at 01:00 UTC, and back on 2026-10-25 at 01:00 UTC.
    fn central_europe() -> Local {
        Local(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp { seconds: moment.as_second(), nanoseconds: 0 }
    }

    fn is_same(period: Period, one: &str, other: &str) -> bool {
        let calendar = central_europe();
        calendar.key(period, at(one)) == calendar.key(period, at(other))
    }

    #[test]
    fn days_are_those_of_the_place() {
        assert!(is_same(Period::Day, "2026-06-30T22:00:00Z", "2026-07-01T21:59:59Z"));
        assert!(!is_same(Period::Day, "2026-06-30T21:59:59Z", "2026-06-30T22:00:00Z"));
        // One of 25 hours, and one of 23.
        assert!(is_same(Period::Day, "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z"));
        assert!(!is_same(Period::Day, "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"));
        assert!(is_same(Period::Day, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z"));
        assert!(!is_same(Period::Day, "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"));
    }

    #[test]
    fn an_hour_that_comes_twice_is_two() {
        assert!(!is_same(Period::Hour, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"));
        assert!(is_same(Period::Hour, "2026-10-25T01:00:00Z", "2026-10-25T01:59:59Z"));
    }

    #[test]
    fn weeks_begin_on_monday_and_years_with_january() {
        assert!(!is_same(Period::Week, "2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"));
        assert!(is_same(Period::Week, "2026-12-28T12:00:00Z", "2027-01-03T12:00:00Z"), "across a year");
        assert!(!is_same(Period::Month, "2026-01-31T22:00:00Z", "2026-01-31T23:00:00Z"));
        assert!(!is_same(Period::Year, "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"));
        assert!(is_same(Period::Year, "2026-01-01T12:00:00Z", "2026-12-31T12:00:00Z"));
    }

    #[test]
    fn going_back_is_as_people_do_it() {
        let back = |from: &str, span: &str| central_europe().back(at(from), parse_span(span).unwrap());
        assert_eq!(back("2026-03-31T10:00:00Z", "1m"), at("2026-02-28T11:00:00Z"));
        assert_eq!(back("2026-10-25T11:00:00Z", "1d"), at("2026-10-24T10:00:00Z"), "noon stays noon");
        assert_eq!(back("2026-10-25T11:00:00Z", "24h"), at("2026-10-24T11:00:00Z"));
        assert_eq!(back("2028-02-29T12:00:00Z", "1y"), at("2027-02-28T12:00:00Z"));
        assert_eq!(back("2026-01-01T00:00:00Z", "4000000000y").seconds, i64::MIN);
    }

    #[test]
    fn spans_are_typed_in_order() {
        assert_eq!(parse_span("2y5m7d3h"), Ok(Span { years: 2, months: 5, days: 7, hours: 3 }));
        assert_eq!(parse_span("36h"), Ok(Span { hours: 36, ..Span::default() }));
        for text in ["", "0d", "d", "7", "3h2d", "1w", "-1d", "+1d", "1.5d", "99999999999d"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
