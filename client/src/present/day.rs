//! Days, their names and their ends.

use shared::TimestampMs;

const DAY_MS: u64 = 86_400_000;

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of somebody's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub year: u32,
    /// From 1.
    pub month: u32,
    /// From 1.
    pub day: u32,
    /// From 0, which is Sunday.
    pub weekday: u32,
}

impl Day {
    /// `Today`, `Yesterday`, `Monday, 23 November`, `Monday, 23 November 2025`.
    pub fn name(self, today: Day, yesterday: Day) -> String {
        if self == today {
            return "Today".into();
        }
        if self == yesterday {
            return "Yesterday".into();
        }
        let weekday = WEEKDAYS[self.weekday as usize % WEEKDAYS.len()];
        let month = MONTHS[self.month.saturating_sub(1) as usize % MONTHS.len()];
        let year = match self.year {
            year if year == today.year => String::new(),
            year => format!(" {year}"),
        };
        format!("{weekday}, {} {month}{year}", self.day)
    }
}

/// When a day, written as `2026-12-31`, is over in UTC.
pub fn end_of(text: &str) -> Option<TimestampMs> {
    let mut parts = text.trim().split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_date = parts.next().is_none() && (year.len(), month.len(), day.len()) == (4, 2, 2);
    let number = |text: &str| text.parse::<u64>().ok();
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    let is = |year: u64, of: u64| year.is_multiple_of(of);
    let is_leap = |year| (is(year, 4) && !is(year, 100)) || is(year, 400);
    let length = match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_day = (1..=12).contains(&month) && (1..=length).contains(&day);
    if !is_date || !is_day || year < 1970 {
        return None;
    }
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap_day = u64::from(month > 2 && is_leap(year));
    let days = years + before[month as usize - 1] + leap_day + day;
    Some(TimestampMs(days * DAY_MS))
}

#[cfg(test)]
mod tests {
    use shared::TimestampMs;

    use super::{Day, end_of};

    #[test]
    fn days_end_at_midnight() {
        for (text, end) in [
            ("1970-01-01", 86_400_000),
            ("2024-02-29", 1_709_251_200_000),
            ("2024-12-31", 1_735_689_600_000),
            ("2026-09-21", 1_790_035_200_000),
            ("2100-03-01", 4_107_628_800_000),
        ] {
            assert_eq!(end_of(text), Some(TimestampMs(end)), "{text}");
        }
        for odd in [
            "",
            "1969-12-31",
            "2026-2-3",
            "2026-02-29",
            "2100-02-29",
            "2026-00-10",
            "2026-04-31",
            "a-b-c",
            "2026-01-01-01",
        ] {
            assert_eq!(end_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn days_have_names_that_need_no_thinking() {
        let day = |year, month, day, weekday| Day {
            year,
            month,
            day,
            weekday,
        };
        let (today, yesterday) = (day(2026, 1, 1, 4), day(2025, 12, 31, 3));
        assert_eq!(today.name(today, yesterday), "Today");
        assert_eq!(yesterday.name(today, yesterday), "Yesterday");
        assert_eq!(day(2026, 3, 2, 1).name(today, yesterday), "Monday, 2 March");
        assert_eq!(
            day(2025, 12, 28, 0).name(today, yesterday),
            "Sunday, 28 December 2025"
        );
    }
}
