//! What a run says: one line a figure, for people or as JSON, and whether what must hold was reached.

use serde::Serialize;

/// What a figure must reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Must {
    AtMost(f64),
    RatioAtLeast(f64),
    RatioAtMost(f64),
    /// Only told.
    Nothing,
}

/// The same figure of somebody else, in the same unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PeerFigure {
    pub(crate) name: String,
    pub(crate) figure: f64,
    /// Ours over the peer's: the median over the rounds, not the ratio of the two medians.
    pub(crate) ratio: f64,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) unit: &'static str,
    pub(crate) peer: Option<PeerFigure>,
    pub(crate) must: Must,
}

/// The line as `--json` writes it.
#[derive(Serialize)]
struct Written<'a> {
    what: &'a str,
    figure: f64,
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a PeerFigure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    must: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

impl Line {
    pub(crate) fn new(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            figure,
            unit,
            peer: None,
            must: Must::Nothing,
        }
    }

    pub(crate) fn must(mut self, must: Must) -> Self {
        self.must = must;
        self
    }

    pub(crate) fn peer(mut self, name: &str, figure: f64, ratio: f64) -> Self {
        self.peer = Some(PeerFigure {
            name: name.to_owned(),
            figure,
            ratio,
        });
        self
    }

    /// Nothing where nothing has to be reached, or where the peer is missing that it would be measured by.
    pub(crate) fn reached(&self) -> Option<bool> {
        let ratio = self.peer.as_ref().map(|peer| peer.ratio);
        match self.must {
            Must::AtMost(most) => Some(self.figure <= most),
            Must::RatioAtLeast(least) => ratio.map(|ratio| ratio >= least),
            Must::RatioAtMost(most) => ratio.map(|ratio| ratio <= most),
            Must::Nothing => None,
        }
    }

    fn must_text(&self) -> Option<String> {
        Some(match self.must {
            Must::AtMost(most) => format!("at most {} {}", number(most), self.unit),
            Must::RatioAtLeast(least) => format!("at least {} times", number(least)),
            Must::RatioAtMost(most) => format!("at most {} times", number(most)),
            Must::Nothing => return None,
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}: {} {}", self.what, number(self.figure), self.unit);
        if let Some(peer) = &self.peer {
            let (figure, ratio) = (number(peer.figure), number(peer.ratio));
            text += &format!(", {} {figure} {}, ratio {ratio}", peer.name, self.unit);
        }
        if let Some(must) = self.must_text() {
            text += &format!(", must be {must}: ");
            text += match self.reached() {
                Some(true) => "reached",
                Some(false) => "NOT REACHED",
                None => "not compared",
            };
        }
        text
    }

    /// For programs: an object on one line.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Written {
            what: &self.what,
            figure: self.figure,
            unit: self.unit,
            peer: self.peer.as_ref(),
            must: self.must_text(),
            reached: self.reached(),
        })
    }
}

/// Three significant digits, thousands apart.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.abs() < 100.0 {
        let digits = if value == value.trunc() {
            0
        } else if value.abs() < 1.0 {
            3
        } else if value.abs() < 10.0 {
            2
        } else {
            1
        };
        return format!("{value:.digits$}");
    }
    let whole = format!("{value:.0}");
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", &whole[..]),
    };
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_grouped() {
        let cases = [
            (0.0, "0"),
            (0.7, "0.700"),
            (4.53, "4.53"),
            (43.21, "43.2"),
            (100.4, "100"),
            (1_004_000.0, "1,004,000"),
            (-12_345.0, "-12,345"),
            (f64::NAN, "–"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_line_says_whether_it_was_reached() {
        let line = |ratio| {
            Line::new("fan-out", 700.0, "1/s")
                .peer("ws", 1_000.0, ratio)
                .must(Must::RatioAtLeast(0.7))
        };
        assert_eq!(line(0.7).reached(), Some(true));
        assert_eq!(line(0.69).reached(), Some(false));
        assert!(
            line(0.69)
                .text()
                .ends_with("must be at least 0.700 times: NOT REACHED")
        );
        let alone = Line::new("fan-out", 700.0, "1/s").must(Must::RatioAtLeast(0.7));
        assert_eq!(alone.reached(), None);
        assert!(alone.text().ends_with("not compared"));
        let memory = Line::new("memory", 9.0, "KiB").must(Must::AtMost(8.0));
        assert_eq!(memory.reached(), Some(false));
        assert_eq!(
            memory.json().unwrap(),
            r#"{"what":"memory","figure":9.0,"unit":"KiB","must":"at most 8 KiB","reached":false}"#
        );
    }
}
