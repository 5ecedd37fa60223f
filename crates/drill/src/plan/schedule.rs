//! When something is due, as five fields of cron.
//!
//! The rules are those of Vixie's cron: where both days of the month and of the week are said, either suffices. When clocks change, an hour that
//! is named comes once a day: one that is left out comes as much later as the clocks went forward, one that comes twice counts once. A
//! schedule of every hour has those hours that there are.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// What people see of something wrong.
const WRONG: &str =
    "write minute, hour, day, month and weekday, as 15 2 * * 1-5, each *, n, n-m, */n or a list with commas";
/// No date that there is takes longer to come again: a 29 February on the same weekday, across a year as 2100.
const DAYS_MAX: u32 = 41 * 366;
/// How many minutes and hours there are.
const MINUTES: i8 = 60;
const HOURS: i8 = 24;
/// Letters of months and days, from the first of each.
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Moments that come again: `15 2 * * *`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    text: String,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

/// One of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    /// A bit for each number that fits.
    numbers: u64,
    /// Whether it begins with a star, and so leaves days to the other field of days.
    is_star: bool,
}

impl Schedule {
    /// The first moment after this one; none where the calendar ends.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut day = zone.to_datetime(after).date();
        for _ in 0..DAYS_MAX {
            let found = self.moments(day, zone).into_iter().find(|moment| *moment > after);
            if found.is_some() {
                return found;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The last moment up to this one; none where the calendar begins.
    #[must_use]
    pub fn last(&self, until: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let mut day = zone.to_datetime(until).date();
        for _ in 0..DAYS_MAX {
            let found = self.moments(day, zone).into_iter().rfind(|moment| *moment <= until);
            if found.is_some() {
                return found;
            }
            day = day.yesterday().ok()?;
        }
        None
    }

    /// How many moments come after the first one and up to the second.
    #[must_use]
    pub fn count(&self, after: Timestamp, until: Timestamp, zone: &TimeZone) -> u64 {
        let (first, last) = (zone.to_datetime(after).date(), zone.to_datetime(until).date());
        let days = first.series(1.day()).take_while(|day| *day <= last);
        let within = |moment: &Timestamp| *moment > after && *moment <= until;
        days.map(|day| self.moments(day, zone).into_iter().filter(within).count() as u64).sum()
    }

    /// The moments of a day, in order.
    fn moments(&self, day: Date, zone: &TimeZone) -> Vec<Timestamp> {
        if !self.fits(day) {
            return Vec::new();
        }
        let hours = (0..HOURS).filter(|hour| self.hour.has(*hour));
        let times = hours.flat_map(|hour| (0..MINUTES).map(move |minute| (hour, minute)));
        let times = times.filter(|(_, minute)| self.minute.has(*minute));
        let mut moments: Vec<_> =
            times.flat_map(|(hour, minute)| self.at(day.at(hour, minute, 0, 0), zone)).collect();
        moments.sort();
        moments.dedup();
        moments
    }

    fn fits(&self, day: Date) -> bool {
        let (of_month, of_week) =
            (self.day.has(day.day()), self.weekday.has(day.weekday().to_sunday_zero_offset()));
        let fits = match self.day.is_star || self.weekday.is_star {
            true => of_month && of_week,
            false => of_month || of_week,
        };
        fits && self.month.has(day.month())
    }

    /// When a clock on the wall shows this time: once on most days.
    fn at(&self, time: DateTime, zone: &TimeZone) -> Vec<Timestamp> {
        let every_hour = (0..HOURS).all(|hour| self.hour.has(hour));
        let ambiguous = zone.to_ambiguous_timestamp(time);
        // Beyond the end of the calendar there is nothing.
        let moments = match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } if every_hour => [None, None],
            AmbiguousOffset::Fold { .. } if every_hour => [ambiguous.earlier().ok(), ambiguous.later().ok()],
            _ => [ambiguous.compatible().ok(), None],
        };
        moments.into_iter().flatten().collect()
    }
}

impl Field {
    fn has(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|number| self.numbers >> number & 1 == 1)
    }

    /// The field of these numbers, of which the first may have names.
    fn parse(text: &str, range: RangeInclusive<u32>, names: &[&str]) -> Option<Self> {
        let mut numbers = 0;
        for part in text.split(',') {
            let (span, step) = match part.split_once('/') {
                // What begins with one number ends with it, and has no steps.
                Some((span, step)) if span == "*" || span.contains('-') => {
                    (span, number(step, &(1..=60), &[])?)
                }
                Some(_) => return None,
                None => (part, 1),
            };
            let (first, last) = match span.split_once('-') {
                _ if span == "*" => (*range.start(), *range.end()),
                Some((first, last)) => (number(first, &range, names)?, number(last, &range, names)?),
                None => (number(span, &range, names)?, number(span, &range, names)?),
            };
            let steps = (first..=last).step_by(usize::try_from(step).ok()?);
            numbers = steps.fold(numbers, |numbers, number| numbers | 1 << number);
        }
        Some(Self { numbers, is_star: text.starts_with('*') }).filter(|field| field.numbers != 0)
    }
}

/// A number in this range, or the name of one, the first of which is the least.
fn number(text: &str, range: &RangeInclusive<u32>, names: &[&str]) -> Option<u32> {
    let named = names.iter().zip(*range.start()..).find(|(name, _)| name.eq_ignore_ascii_case(text));
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = named.map(|(_, number)| number).or_else(|| text.parse().ok().filter(|_| is_plain));
    number.filter(|number| range.contains(number))
}

impl TryFrom<String> for Schedule {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return Err(WRONG) };
        let mut weekday = Field::parse(weekday, 0..=7, &WEEKDAYS).ok_or(WRONG)?;
        // Sunday is 0 and 7.
        weekday.numbers = (weekday.numbers | weekday.numbers >> 7) & 0x7f;
        let schedule = Self {
            minute: Field::parse(minute, 0..=59, &[]).ok_or(WRONG)?,
            hour: Field::parse(hour, 0..=23, &[]).ok_or(WRONG)?,
            day: Field::parse(day, 1..=31, &[]).ok_or(WRONG)?,
            month: Field::parse(month, 1..=12, &MONTHS).ok_or(WRONG)?,
            weekday,
            text: fields.join(" "),
        };
        match schedule.next(Timestamp::UNIX_EPOCH, &TimeZone::UTC) {
            Some(_) => Ok(schedule),
            None => Err("there is no such day"),
        }
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.text
    }
}
