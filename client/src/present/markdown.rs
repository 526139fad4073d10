//! The Markdown of messages: bold, italic, struck out, code, quotes, lists, links. Line breaks stay, there are no
//! images, and HTML is text. A general parser with its tables would be a fifth of the whole page.
//!
//! - this file: lines become blocks; `inline`: text becomes spans; `plain`: spans become text again

mod inline;
mod plain;

pub use self::inline::Span;
pub use self::plain::line;

/// Quotes and lists may lie in each other this deep; what is deeper is text.
const DEPTH_MAX: usize = 4;

/// What a message consists of, from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Paragraph(Vec<Span>),
    Heading(Vec<Span>),
    /// The text is taken as it is. The language may be empty.
    Code {
        language: String,
        text: String,
    },
    Quote(Vec<Block>),
    /// `start` numbers the first item; without it, items have bullets.
    List {
        start: Option<u32>,
        items: Vec<Vec<Block>>,
    },
    Rule,
}

/// How a line begins.
enum Start<'a> {
    Blank,
    Fence {
        marks: &'a str,
        language: &'a str,
    },
    Heading(&'a str),
    Quote(&'a str),
    Item {
        start: Option<u32>,
        indent: usize,
        text: &'a str,
    },
    Rule,
    Text,
}

/// The blocks of a message's text. No text is refused, and none costs more than its length.
pub fn parse(text: &str) -> Vec<Block> {
    blocks(&text.lines().collect::<Vec<_>>(), 0)
}

fn blocks(lines: &[&str], depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = &lines[at..];
        let (block, taken) = match start(line, depth) {
            Start::Blank => (None, 1),
            Start::Fence { marks, language } => code(rest, marks, language),
            Start::Heading(text) => (Some(Block::Heading(inline::parse(text))), 1),
            Start::Quote(_) => quote(rest, depth),
            Start::Item { start, .. } => list(rest, start, depth),
            Start::Rule => (Some(Block::Rule), 1),
            Start::Text => paragraph(rest, depth),
        };
        blocks.extend(block);
        at += taken;
    }
    blocks
}

fn start(line: &str, depth: usize) -> Start<'_> {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let marks = text.len() - text.trim_start_matches('`').len();
    if text.trim().is_empty() {
        return Start::Blank;
    }
    if marks >= 3 && !text[marks..].contains('`') {
        let (marks, language) = text.split_at(marks);
        return Start::Fence {
            marks,
            language: language.trim(),
        };
    }
    let hashes = text.len() - text.trim_start_matches('#').len();
    if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') {
        return Start::Heading(text[hashes..].trim());
    }
    if ["---", "***", "___"].contains(&text.trim_end()) {
        return Start::Rule;
    }
    if depth >= DEPTH_MAX {
        return Start::Text;
    }
    if let Some(quoted) = text.strip_prefix('>') {
        return Start::Quote(quoted.strip_prefix(' ').unwrap_or(quoted));
    }
    match item(text) {
        Some((start, marker)) => Start::Item {
            start,
            indent: indent + marker,
            text: &text[marker..],
        },
        None => Start::Text,
    }
}

/// The number of a list's item and the length of its mark.
fn item(text: &str) -> Option<(Option<u32>, usize)> {
    if ["- ", "* ", "+ "].iter().any(|mark| text.starts_with(mark)) {
        return Some((None, 2));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mark = text[digits..].starts_with(". ") || text[digits..].starts_with(") ");
    // A year or a larger number that ends a sentence at the start of a line is no list.
    (mark && (1..=3).contains(&digits)).then(|| (text[..digits].parse().ok(), digits + 2))
}

fn code(lines: &[&str], marks: &str, language: &str) -> (Option<Block>, usize) {
    let closes = |line: &&str| {
        let line = line.trim();
        line.len() >= marks.len() && line.bytes().all(|byte| byte == b'`')
    };
    let end = lines[1..].iter().position(closes);
    let inside = &lines[1..end.map_or(lines.len(), |end| end + 1)];
    let block = Block::Code {
        language: language.chars().take(20).collect(),
        text: inside.join("\n"),
    };
    (Some(block), (inside.len() + 2).min(lines.len()))
}

fn quote(lines: &[&str], depth: usize) -> (Option<Block>, usize) {
    let quoted = lines.iter().map_while(|line| match start(line, depth) {
        Start::Quote(text) => Some(text),
        Start::Blank
        | Start::Fence { .. }
        | Start::Heading(_)
        | Start::Item { .. }
        | Start::Rule
        | Start::Text => None,
    });
    let quoted: Vec<&str> = quoted.collect();
    let taken = quoted.len();
    (Some(Block::Quote(blocks(&quoted, depth + 1))), taken)
}

fn list(lines: &[&str], first: Option<u32>, depth: usize) -> (Option<Block>, usize) {
    let mut items: Vec<Vec<&str>> = Vec::new();
    let mut inside = 0;
    let mut taken = 0;
    for line in lines {
        let outdent = line.len() - line.trim_start_matches(' ').len();
        match start(line, depth) {
            Start::Item {
                start,
                indent,
                text,
            } if (items.is_empty() || outdent < inside) && start.is_some() == first.is_some() => {
                items.push(vec![text]);
                inside = indent;
            }
            // What is indented belongs to the item, nested lists too.
            Start::Item { .. } | Start::Text | Start::Quote(_) | Start::Fence { .. }
                if outdent >= inside.min(2) && !items.is_empty() =>
            {
                let text = &line[outdent.min(inside)..];
                items.last_mut().expect("just looked at").push(text);
            }
            Start::Blank
            | Start::Fence { .. }
            | Start::Heading(_)
            | Start::Quote(_)
            | Start::Item { .. }
            | Start::Rule
            | Start::Text => break,
        }
        taken += 1;
    }
    let items = items.iter().map(|lines| blocks(lines, depth + 1)).collect();
    (
        Some(Block::List {
            start: first,
            items,
        }),
        taken,
    )
}

fn paragraph(lines: &[&str], depth: usize) -> (Option<Block>, usize) {
    let goes_on = |line: &&&str| matches!(start(line, depth), Start::Text);
    let taken = 1 + lines[1..].iter().take_while(goes_on).count();
    let text = lines[..taken].join("\n");
    (Some(Block::Paragraph(inline::parse(&text))), taken)
}

#[cfg(test)]
mod tests;
