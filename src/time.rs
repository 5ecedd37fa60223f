//! Moments as people and programs read them, in the time zone of this machine.

use jiff::Zoned;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use lifeboat_engine::Timestamp;

/// `2026-11-21T21:17:14.622850783+00:00`: RFC 3339 with nanoseconds.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    format(time, "%Y-%m-%dT%H:%M:%S.%9f%:z")
}

/// `2026-11-21 21:17:14`.
pub(crate) fn local(time: Timestamp) -> String {
    format(time, "%Y-%m-%d %H:%M:%S")
}

/// A moment that somebody typed: RFC 3339, or `2026-11-21 21:17:14` in the time zone of this machine.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    let moment = text.parse().or_else(|_| {
        let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", text)?;
        Ok(local.to_zoned(TimeZone::system())?.timestamp())
    });
    let moment: jiff::Timestamp = moment.map_err(|_: jiff::Error| {
        "write it as \"2026-01-31 12:00:00\", or with a time zone as \"2026-01-31T12:00:00+01:00\"".to_owned()
    })?;
    Ok(of(moment))
}

/// A moment as records of rehearsals have it.
pub(crate) fn of(moment: jiff::Timestamp) -> Timestamp {
    // Nanoseconds count upwards from the second before.
    let (seconds, nanoseconds) = (moment.as_second(), moment.subsec_nanosecond());
    let borrowed = i64::from(nanoseconds < 0);
    let nanoseconds = nanoseconds.rem_euclid(1_000_000_000).unsigned_abs();
    Timestamp { seconds: seconds - borrowed, nanoseconds }
}

/// Beyond the years that calendars know, which a file's time can name, the seconds since 1970 stand for themselves.
fn format(time: Timestamp, pattern: &str) -> String {
    match zoned(time) {
        Some(zoned) => zoned.strftime(pattern).to_string(),
        None => format!("@{}.{:09}", time.seconds, time.nanoseconds),
    }
}

fn zoned(time: Timestamp) -> Option<Zoned> {
    let nanoseconds = i32::try_from(time.nanoseconds).ok()?;
    let whole = jiff::Timestamp::new(time.seconds, 0).ok()?;
    let moment = whole.checked_add(jiff::SignedDuration::new(0, nanoseconds)).ok()?;
    Some(moment.to_zoned(TimeZone::system()))
}

#[cfg(test)]
mod tests {
    use super::{local, parse, rfc3339};
    use lifeboat_engine::Timestamp;

    #[test]
    fn every_moment_has_a_text() {
        let before_1970 = rfc3339(Timestamp { seconds: -1, nanoseconds: 5 });
        assert!(before_1970.contains(".000000005"), "{before_1970}");
        let end_of_time = Timestamp { seconds: i64::MAX, nanoseconds: 1 };
        assert_eq!(local(end_of_time), "@9223372036854775807.000000001");
    }
    #[test]
    fn what_is_written_can_be_typed() {
        for time in
            [Timestamp { seconds: 1_767_225_600, nanoseconds: 5 }, Timestamp { seconds: -2, nanoseconds: 1 }]
        {
            assert_eq!(parse(&rfc3339(time)), Ok(time));
            let whole = Timestamp { nanoseconds: 0, ..time };
            assert_eq!(parse(&local(whole)), Ok(whole));
        }
        for text in ["", "yesterday", "2026-13-01 00:00:00", "2026-01-01 00:00:00 and more"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
