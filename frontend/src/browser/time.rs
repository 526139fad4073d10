//! Moments as this person's clock and calendar have them.

use js_sys::Date;
use shared::TimestampMs;
use wasm_bindgen::JsValue;

use client::present::day::Day;

fn date(at: TimestampMs) -> Date {
    Date::new(&JsValue::from_f64(at.0 as f64))
}

/// The day in this time zone.
pub(crate) fn day(at: TimestampMs) -> Day {
    let date = date(at);
    Day {
        year: date.get_full_year(),
        month: date.get_month() + 1,
        day: date.get_date(),
        weekday: date.get_day(),
    }
}

/// `14:05`, in 24 hours everywhere, so that its width is known.
pub(crate) fn clock(at: TimestampMs) -> String {
    let date = date(at);
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// For machines: `2026-11-24T13:05:00.000Z`.
pub(crate) fn iso(at: TimestampMs) -> String {
    // A time that no calendar has makes it throw.
    date(at).to_iso_string().into()
}

/// `Today, 14:05`.
pub(crate) fn moment(at: TimestampMs, now: TimestampMs) -> String {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    let yesterday = TimestampMs(now.0.saturating_sub(DAY_MS));
    let name = day(at).name(day(now), day(yesterday));
    format!("{name}, {}", clock(at))
}
