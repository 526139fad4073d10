//! Days and their names.

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

#[cfg(test)]
mod tests {
    use super::Day;

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
