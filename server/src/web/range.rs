//! Which part of a file a request asks for (RFC 9110, sections 13 and 14).

use std::ops::Range;

use hyper::header::{self, HeaderMap};

/// What to answer with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Selection {
    Whole,
    Part(Range<u64>),
    Unsatisfiable,
    NotModified,
}

/// Decides by the conditions and the range that the request states. `etag` is strong; what has none meets no condition.
pub(super) fn select(headers: &HeaderMap, etag: Option<&str>, size_bytes: u64) -> Selection {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let (Some(tags), Some(etag)) = (text(header::IF_NONE_MATCH), etag)
        && tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    {
        return Selection::NotModified;
    }
    // A date, like a weak tag, never proves that the bytes are the same.
    let if_range = text(header::IF_RANGE).map(str::trim);
    if headers.contains_key(header::IF_RANGE) && (etag.is_none() || if_range != etag) {
        return Selection::Whole;
    }
    match text(header::RANGE).and_then(|range| parse(range, size_bytes)) {
        Some(range) if range.is_empty() => Selection::Unsatisfiable,
        Some(range) => Selection::Part(range),
        None => Selection::Whole,
    }
}

/// The range, empty where nothing of it is in the file; `None` where it is to be ignored: another unit, not valid,
/// or several ranges.
fn parse(value: &str, size_bytes: u64) -> Option<Range<u64>> {
    let (unit, range) = value.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More digits than fit mean a place far behind any end.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    match (first, last) {
        ("", last) => Some(size_bytes.saturating_sub(number(last)?)..size_bytes),
        (first, "") => Some(number(first)?.min(size_bytes)..size_bytes),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            let end = last.saturating_add(1).min(size_bytes);
            (first <= last).then(|| first.min(end)..end)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TAG: &str = "\"tag\"";

    fn check(headers: &[(&'static str, &str)], expect: Selection) {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(select(&map, Some(TAG), 100), expect, "{headers:?}");
    }

    #[test]
    fn ranges() {
        use Selection::{Part, Unsatisfiable, Whole};
        for (range, expect) in [
            ("bytes=0-0", Part(0..1)),
            ("bytes=10-19", Part(10..20)),
            ("Bytes= 10-19 ", Part(10..20)),
            ("bytes=90-1000", Part(90..100)),
            ("bytes=99-", Part(99..100)),
            ("bytes=0-", Part(0..100)),
            ("bytes=-1", Part(99..100)),
            ("bytes=-1000", Part(0..100)),
            ("bytes=0-99999999999999999999999", Part(0..100)),
            ("bytes=100-", Unsatisfiable),
            ("bytes=100-200", Unsatisfiable),
            ("bytes=99999999999999999999999-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-4", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=0-1,3-4", Whole),
            ("lines=0-1", Whole),
            ("0-1", Whole),
            ("", Whole),
        ] {
            check(&[("range", range)], expect);
        }
    }

    #[test]
    fn conditions() {
        use Selection::{NotModified, Part, Whole};
        let range = ("range", "bytes=1-2");
        check(&[range, ("if-range", TAG)], Part(1..3));
        check(&[range, ("if-range", "W/\"tag\"")], Whole);
        check(&[range, ("if-range", "\"other\"")], Whole);
        check(
            &[range, ("if-range", "Tue, 24 Nov 2026 12:00:00 GMT")],
            Whole,
        );
        check(&[("if-none-match", TAG)], NotModified);
        check(&[range, ("if-none-match", "\"a\", W/\"tag\"")], NotModified);
        check(&[("if-none-match", "*")], NotModified);
        check(&[range, ("if-none-match", "\"other\"")], Part(1..3));
        check(&[], Whole);
    }

    #[test]
    fn what_has_no_tag_meets_no_condition() {
        for (name, value) in [
            (header::IF_RANGE, TAG),
            (header::IF_RANGE, ""),
            (header::IF_NONE_MATCH, "*"),
            (header::IF_NONE_MATCH, ","),
        ] {
            let headers = [(name.clone(), value), (header::RANGE, "bytes=1-2")];
            let map: HeaderMap = headers
                .into_iter()
                .map(|(name, value)| (name, value.parse().unwrap()))
                .collect();
            let expect = match name {
                header::IF_RANGE => Selection::Whole,
                _ => Selection::Part(1..3),
            };
            assert_eq!(select(&map, None, 100), expect, "{value:?}");
        }
    }

    #[test]
    fn nothing_of_an_empty_file_can_be_asked_for() {
        assert_eq!(parse("bytes=0-", 0), Some(0..0));
        assert_eq!(parse("bytes=-5", 0), Some(0..0));
    }
}
