//! Moments as this person's clock and calendar have them.

use client::present::day::Day;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use shared::TimestampMs;

fn local(at: TimestampMs) -> DateTime {
    let at = i64::try_from(at.0).unwrap_or(i64::MAX);
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX);
    TimeZone::system().to_datetime(at)
}

/// The day in this time zone.
pub(super) fn day(at: TimestampMs) -> Day {
    let at = local(at);
    Day {
        year: u32::from(at.year().unsigned_abs()),
        month: u32::from(at.month().unsigned_abs()),
        day: u32::from(at.day().unsigned_abs()),
        weekday: u32::from(at.weekday().to_sunday_zero_offset().unsigned_abs()),
    }
}

/// `14:05`, in 24 hours everywhere, so that its width is known.
pub(super) fn clock(at: TimestampMs) -> String {
    let at = local(at);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `Today, 14:05`.
pub(super) fn moment(at: TimestampMs, now: TimestampMs) -> String {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let yesterday = TimestampMs(now.0.saturating_sub(DAY_MS));
    let name = day(at).name(day(now), day(yesterday));
    format!("{name}, {}", clock(at))
}
