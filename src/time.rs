//! Moments as people and programs read them, in the time zone of this machine.

use jiff::Zoned;
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
    use super::{local, rfc3339};
    use lifeboat_engine::Timestamp;

    #[test]
    fn every_moment_has_a_text() {
        let before_1970 = rfc3339(Timestamp { seconds: -1, nanoseconds: 5 });
        assert!(before_1970.contains(".000000005"), "{before_1970}");
        let end_of_time = Timestamp { seconds: i64::MAX, nanoseconds: 1 };
        assert_eq!(local(end_of_time), "@9223372036854775807.000000001");
    }
}
