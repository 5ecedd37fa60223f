//! Text on the page: whatever a record says is text and nothing else.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Text of a record, for any place in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // No page may have them.
            control if control.is_control() => safe.push(char::REPLACEMENT_CHARACTER),
            other => safe.push(other),
        }
    }
    safe
}

/// `2026-11-22 19:08 UTC`.
pub(super) fn moment(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-11-22`.
pub(super) fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// `1.5 s`, `12 min 30 s`, `3 h 5 min`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.1} s"),
        ..7200.0 => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), (seconds % 60.0).floor()),
        _ => format!("{:.0} h {:.0} min", (seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor()),
    }
}

/// `99.5 %` of a share between 0 and 1. What is not all of it is never shown as if it were.
pub(super) fn share(share: f64) -> String {
    let tenths = (share * 1000.0).floor() / 10.0;
    format!("{tenths:.1} %")
}

/// `1.5 GiB`.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub(super) fn bytes(amount: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let power = usize::try_from(amount.checked_ilog2().unwrap_or(0) / 10).unwrap_or(0).min(units.len() - 1);
    match power {
        0 => format!("{amount} B"),
        _ => format!(
            "{:.2} {}",
            amount as f64 / 1024_f64.powi(i32::try_from(power).unwrap_or(0)),
            units[power]
        ),
    }
}
