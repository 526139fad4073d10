//! Text of others, made safe for a terminal: nothing in it can move the cursor, change the screen, give the
//! terminal a command or turn the direction of writing.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use shared::TimestampMs;

/// Whether a terminal or its reader could be misled.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(|c| is_unsafe(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) && !keep(c) {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// On one line, whatever it holds.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// On as many lines as it has, each after the first behind `indent`, so that none passes for a line of ours.
pub(crate) fn block(text: &str, indent: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    let text = text.trim_end_matches('\n');
    escaped(text, |c| c == '\n').replace('\n', &format!("\n{indent}"))
}

/// JSON in which what is unsafe, which can only be inside of strings, stands as `\u....`.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                safe.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// In this machine's time zone.
pub(crate) fn local(at: TimestampMs) -> DateTime {
    let ms = i64::try_from(at.0).unwrap_or_default();
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    TimeZone::system().to_datetime(at)
}

/// `2026-04-01 09:30`.
pub(crate) fn when(at: TimestampMs) -> String {
    local(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `1.4 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for next in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    match unit {
        "bytes" if bytes == 1 => "1 byte".to_owned(),
        "bytes" => format!("{bytes} bytes"),
        unit => format!("{value:.1} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_commands_a_terminal_is_left() {
        let hostile = "a\x1b]0;owned\x07b\u{9b}2Jc\u{202e}d\rE\x08\x7f\u{85}\u{2028}f";
        for safe in [line(hostile).into_owned(), block(hostile, "  ")] {
            assert!(!safe.contains(is_unsafe), "{safe:?}");
            assert!(safe.starts_with("a\\u{1b}]0;owned\\u{7}b"), "{safe}");
        }
        assert_eq!(
            block("one\r\n\ttwo\nthree\n\n", "| "),
            "one\n|     two\n| three"
        );
        assert_eq!(line("one\ntwo"), "one\\u{a}two");
        assert_eq!(line("Zoë 👩‍👧 שלום"), "Zoë 👩‍👧 שלום", "ordinary writing stays");
    }

    #[test]
    fn json_stays_json() {
        let value = serde_json::json!({"text": "\u{1b}\u{9b}\u{202e}\u{E0041}é"});
        let text = value.to_string();
        let safe = json(&text);
        assert!(!safe.contains(is_unsafe));
        let back: serde_json::Value = serde_json::from_str(&safe).expect("JSON");
        assert_eq!(back, value);
    }

    #[test]
    fn sizes_are_told_as_people_do() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size(5 << 30), "5.0 GiB");
    }
}
