//! Spans of a paragraph. Each mark looks for its end once: where one has none, no later one of its kind is looked for,
//! so that hostile text costs no more than any other.

use crate::present::links;

/// Spans may lie in each other this deep; what is deeper is text.
const DEPTH_MAX: usize = 8;

/// Nobody writes a longer one, and looking for its end has to end.
const ADDRESS_CHARS_MAX: usize = 2_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    Text(String),
    Code(String),
    Strong(Vec<Span>),
    Emphasis(Vec<Span>),
    Struck(Vec<Span>),
    /// To an address that is safe to follow.
    Link {
        address: String,
        text: Vec<Span>,
    },
}

/// The marks around a span, longer ones first.
const MARKS: [&str; 5] = ["**", "__", "~~", "*", "_"];

pub(super) fn parse(text: &str) -> Vec<Span> {
    spans(text, 0)
}

fn spans(text: &str, depth: usize) -> Vec<Span> {
    let mut parser = Parser {
        text,
        depth,
        plain: String::new(),
        spans: Vec::new(),
        endless: [false; MARKS.len()],
        endless_code: Vec::new(),
    };
    let mut at = 0;
    while at < text.len() {
        at = parser.step(at);
    }
    parser.flush();
    parser.spans
}

struct Parser<'a> {
    text: &'a str,
    depth: usize,
    /// Text that belongs to no span yet.
    plain: String,
    spans: Vec<Span>,
    /// Marks that have no end from here on.
    endless: [bool; MARKS.len()],
    /// Lengths of backtick runs that have no end from here on.
    endless_code: Vec<usize>,
}

impl Parser<'_> {
    /// Takes what begins at `at`; returns where to go on.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let taken = match rest.as_bytes()[0] {
            b'\\' => self.escaped(rest),
            b'`' => self.code(rest),
            b'[' => self.link(rest),
            b'*' | b'_' | b'~' => self.marked(at),
            // Links are found in plain text, but their marks must not be taken for ours.
            b'h' | b'H' | b'm' | b'M' => self.address(at),
            _ => None,
        };
        match taken {
            Some(bytes) => at + bytes,
            None => {
                let letter = rest.chars().next().map_or(1, char::len_utf8);
                // A run of marks without an end is text as a whole.
                let run = match rest.as_bytes()[0] {
                    mark @ (b'*' | b'_' | b'~' | b'`') => {
                        rest.bytes().take_while(|byte| *byte == mark).count()
                    }
                    _ => letter,
                };
                self.plain.push_str(&rest[..run]);
                at + run
            }
        }
    }

    fn escaped(&mut self, rest: &str) -> Option<usize> {
        let next = rest[1..]
            .chars()
            .next()
            .filter(char::is_ascii_punctuation)?;
        self.plain.push(next);
        Some(2)
    }

    fn code(&mut self, rest: &str) -> Option<usize> {
        let marks = rest.bytes().take_while(|byte| *byte == b'`').count();
        if self.endless_code.contains(&marks) {
            return None;
        }
        let Some(length) = run_of(&rest[marks..], b'`', marks) else {
            self.endless_code.push(marks);
            return None;
        };
        let inside = &rest[marks..marks + length];
        let padded = inside
            .strip_prefix(' ')
            .and_then(|inside| inside.strip_suffix(' '));
        let inside = padded
            .filter(|inside| !inside.trim().is_empty())
            .unwrap_or(inside);
        self.push(Span::Code(inside.into()));
        Some(length + 2 * marks)
    }

    /// `[text](address)`, on one line and without brackets inside.
    fn link(&mut self, rest: &str) -> Option<usize> {
        let close = rest[1..].find(['[', ']', '\n']).map(|at| at + 1)?;
        let address = rest[close..].strip_prefix("](")?;
        if !links::is_safe(address) || self.depth >= DEPTH_MAX {
            return None;
        }
        let mut letters = address.char_indices().take(ADDRESS_CHARS_MAX);
        let end = letters.find(|(_, letter)| matches!(letter, ')' | ' ' | '\n' | '<'));
        let (end, _) = end.filter(|(_, letter)| *letter == ')')?;
        let address = &address[..end];
        if !links::is_safe(address) {
            return None;
        }
        let text = plain_spans(&rest[1..close]);
        self.push(Span::Link {
            address: address.into(),
            text,
        });
        Some(close + 2 + end + 1)
    }

    fn marked(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let which = MARKS.iter().position(|mark| rest.starts_with(mark))?;
        let mark = MARKS[which];
        let before = self.text[..at].chars().next_back();
        let after = rest[mark.len()..].chars().next();
        let opens = after.is_some_and(|after| !after.is_whitespace())
            && !(mark.starts_with('_') && before.is_some_and(char::is_alphanumeric));
        if self.endless[which] || !opens || self.depth >= DEPTH_MAX {
            return None;
        }
        let Some(length) = end_of(&rest[mark.len()..], mark) else {
            self.endless[which] = true;
            return None;
        };
        let inside = spans(&rest[mark.len()..mark.len() + length], self.depth + 1);
        self.push(match mark {
            "**" | "__" => Span::Strong(inside),
            "~~" => Span::Struck(inside),
            _ => Span::Emphasis(inside),
        });
        Some(length + 2 * mark.len())
    }

    fn address(&mut self, at: usize) -> Option<usize> {
        let address = links::address_at(self.text, at)?;
        self.push(Span::Link {
            address: address.into(),
            text: vec![Span::Text(address.into())],
        });
        Some(address.len())
    }

    fn push(&mut self, span: Span) {
        self.flush();
        self.spans.push(span);
    }

    fn flush(&mut self) {
        if !self.plain.is_empty() {
            self.spans.push(Span::Text(std::mem::take(&mut self.plain)));
        }
    }
}

/// The text of a link: marks count, addresses do not.
fn plain_spans(text: &str) -> Vec<Span> {
    let unlinked = |span| match span {
        Span::Link { text, .. } => text,
        other => vec![other],
    };
    spans(text, DEPTH_MAX - 2)
        .into_iter()
        .flat_map(unlinked)
        .collect()
}

/// Where a run of exactly `count` of the byte begins.
fn run_of(text: &str, byte: u8, count: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..]
            .iter()
            .take_while(|found| **found == byte)
            .count();
        if run == count {
            return Some(at);
        }
        at += run.max(1);
    }
    None
}

/// Where the span that `mark` opened ends: after something, before the mark, and not inside of code or an address.
fn end_of(text: &str, mark: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let sign = mark.as_bytes()[0];
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'`' => {
                let marks = bytes[at..].iter().take_while(|byte| **byte == b'`').count();
                // Unclosed backticks are text, and end nothing.
                at += marks;
                if let Some(length) = bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'`')
                    .filter(|_| marks == 1)
                {
                    at += length + 1;
                }
            }
            found if found == sign => {
                let run = bytes[at..].iter().take_while(|byte| **byte == sign).count();
                let end = at + run;
                let follows = at > 0 && !bytes[at - 1].is_ascii_whitespace();
                let splits_word = sign == b'_'
                    && text[end..]
                        .chars()
                        .next()
                        .is_some_and(char::is_alphanumeric);
                let long_enough = match mark.len() {
                    1 => run == 1 || run == 3,
                    length => run >= length,
                };
                if follows && long_enough && !splits_word {
                    return Some(end - mark.len());
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}
