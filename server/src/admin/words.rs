//! Numbers and times in sentences that this server writes itself.

use std::time::{Duration, UNIX_EPOCH};

use shared::TimestampMs;

/// 9999-12-31, the last day that can be written.
const DAY_MAX_MS: u64 = 253_402_214_400_000;

/// `987 bytes`, `1.2 MB`: powers of 1,000, as disks are sold.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return count(bytes, "byte");
    }
    let mut tenths = u128::from(bytes) / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
pub(crate) fn date(at: TimestampMs) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(at.0.min(DAY_MAX_MS)))
}

/// `6 Nov 1994 08:49`, in UTC.
pub(crate) fn minute(at: TimestampMs) -> String {
    let date = date(at);
    let minute = date.get(5..22).unwrap_or_default();
    minute.trim_start_matches('0').to_owned()
}

/// `1 file`, `3 files`.
pub(crate) fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_are_for_people() {
        for (bytes, text) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 KB"),
            (999_999, "999.9 KB"),
            (1_234_567, "1.2 MB"),
            (20_000_000_000, "20.0 GB"),
            (5_000_000_000_000_000, "5000.0 TB"),
        ] {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(count(2, "room"), "2 rooms");
    }

    #[test]
    fn minutes_fit_their_cut_whatever_the_time() {
        for (at_ms, text) in [
            (0, "1 Jan 1970 00:00"),
            (951_868_799_999, "29 Feb 2000 23:59"),
            (u64::MAX, "31 Dec 9999 00:00"),
        ] {
            assert_eq!(minute(TimestampMs(at_ms)), text);
        }
    }
}
