//! Numbers and names for people.

const UNITS: [&str; 5] = ["bytes", "KB", "MB", "GB", "TB"];

/// `987 bytes`, `1.2 MB`: powers of 1,000, as file managers and browsers count.
pub fn size(bytes: u64) -> String {
    if bytes == 1 {
        return "1 byte".into();
    }
    let (mut divisor, mut unit) = (1, 0);
    // Whatever would round up to 1,000 of a unit is 1 of the next.
    while bytes >= (divisor * 1999u64).div_ceil(2) && unit + 1 < UNITS.len() {
        divisor *= 1000;
        unit += 1;
    }
    let unit = UNITS[unit];
    let rounded =
        |divisor: u64| bytes / divisor + u64::from(bytes % divisor >= divisor.div_ceil(2));
    match rounded((divisor / 10).max(1)) {
        tenths if divisor > 1 && tenths < 100 => {
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        _ => format!("{} {unit}", rounded(divisor)),
    }
}

/// `1.2 MB/s`.
pub fn speed(bytes_per_second: u64) -> String {
    format!("{}/s", size(bytes_per_second))
}

/// `8 s left`, `3 min left`, `2 h left`, always rounded up.
pub fn remaining(ms: u64) -> String {
    let seconds = ms.div_ceil(1000).max(1);
    match seconds {
        ..60 => format!("{seconds} s left"),
        60..3600 => format!("{} min left", seconds.div_ceil(60)),
        3600.. => format!("{} h left", seconds.div_ceil(3600)),
    }
}

/// A count in little room: `7`, `99+`.
pub fn count(count: u64) -> String {
    match count {
        ..=99 => count.to_string(),
        100.. => "99+".into(),
    }
}

/// `1 person`, `3 people`.
pub fn people(count: u64) -> String {
    match count {
        1 => "1 person".into(),
        count => format!("{count} people"),
    }
}

/// A name of at most `max` characters, cut in the middle, so that its beginning and its extension stay.
pub fn middle(name: &str, max: usize) -> String {
    let count = name.chars().count();
    if count <= max {
        return name.into();
    }
    let tail = (max / 3).max(1);
    let head = max.saturating_sub(tail + 1);
    let start: String = name.chars().take(head).collect();
    let end: String = name.chars().skip(count - tail).collect();
    format!("{}…{end}", start.trim_end())
}

/// One or two letters that stand for a person, to be shown in upper case.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters: String = first.into_iter().chain(last).collect();
    match letters.is_empty() {
        true => name.chars().take(1).collect(),
        false => letters,
    }
}

/// An error as a sentence of its own.
pub fn sentence(error: &str) -> String {
    let mut letters = error.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// An image's size on the page in pixels, with its ratio, within `max`, and never above its own.
pub fn fit(width: u32, height: u32, max: (u32, u32)) -> (u32, u32) {
    let (width, height) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (f64::from(max.0) / width)
        .min(f64::from(max.1) / height)
        .min(1.0);
    let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
    (pixels(width), pixels(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        let sizes = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 KB"),
            (1234, "1.2 KB"),
            (9_960, "10 KB"),
            (999_499, "999 KB"),
            (999_500, "1.0 MB"),
            (4_294_967_296, "4.3 GB"),
            (137_438_953_472, "137 GB"),
            (u64::MAX, "18446744 TB"),
        ];
        for (bytes, text) in sizes {
            assert_eq!(size(bytes), text);
        }
        assert_eq!(speed(2_500_000), "2.5 MB/s");
    }

    #[test]
    fn remaining_time_is_rounded_up() {
        let times = [
            (0, "1 s left"),
            (1001, "2 s left"),
            (60_000, "1 min left"),
            (61_000, "2 min left"),
        ];
        for (ms, text) in times {
            assert_eq!(remaining(ms), text);
        }
        assert_eq!(remaining(7_200_000), "2 h left");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(middle("short.txt", 20), "short.txt");
        assert_eq!(
            middle("a very long holiday video.mp4", 20),
            "a very long h…eo.mp4"
        );
        assert_eq!(middle("ääääääääää", 5), "äää…ä");
        assert_eq!(middle("abc", 1), "…c");
    }

    #[test]
    fn people_have_initials_in_any_script() {
        let names = [
            ("Ann", "A"),
            ("Zoë van dam", "Zd"),
            ("李雷", "李"),
            ("🦊", "🦊"),
            ("(bot) x", "bx"),
        ];
        for (name, letters) in names {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn errors_read_as_sentences() {
        let cases = [
            ("not connected; try again", "Not connected; try again."),
            ("Done.", "Done."),
            ("", "."),
        ];
        for (error, text) in cases {
            assert_eq!(sentence(error), text);
        }
    }

    #[test]
    fn images_keep_their_ratio_and_never_grow() {
        let max = (420, 320);
        assert_eq!(fit(4000, 3000, max), (420, 315));
        assert_eq!(fit(100, 50, max), (100, 50));
        assert_eq!(fit(10, 10_000, max), (1, 320));
        assert_eq!(fit(0, 0, max), (1, 1));
    }
}
