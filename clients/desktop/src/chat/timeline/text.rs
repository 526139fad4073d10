//! A message's Markdown as texts that stand below each other, before anything is measured.

use std::ops::Range;

use client::present::markdown::{Block, Span, parse};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, FontId, Stroke};

use crate::theme::{Theme, regular, semibold};

/// The size of code, and its lines' height, in points.
const CODE: f32 = 13.5;
const CODE_LINE: f32 = 20.0;
/// How far what is quoted or listed is indented.
const QUOTE: f32 = 15.0;
const LIST: f32 = 24.0;

/// One text of a message.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chunk {
    pub(super) kind: Kind,
    pub(super) job: LayoutJob,
    pub(super) links: Vec<Link>,
    /// From the left, in points.
    pub(super) indent: f32,
    /// Room above it, unless it comes first.
    pub(super) above: f32,
    /// Where the bars of the quotes are that it is in.
    pub(super) bars: Vec<f32>,
    /// The mark of a list's item.
    pub(super) mark: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Text,
    /// On a ground of its own, with the name of its language.
    Code {
        language: String,
    },
    /// A line across, without text.
    Rule,
}

/// Characters of a chunk that lead somewhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub(super) chars: Range<usize>,
    pub(super) address: String,
}

/// The text of a message, in `colour`.
pub(super) fn chunks(theme: &Theme, text: &str, colour: Color32) -> Vec<Chunk> {
    let mut writer = Writer {
        theme,
        chunks: Vec::new(),
        bars: Vec::new(),
        mark: None,
    };
    writer.blocks(&parse(text), 0.0, colour, 8.0);
    writer.chunks
}

/// A line below what a message says, as it is.
pub(super) fn note(theme: &Theme, text: String) -> Chunk {
    let mut writer = Writer {
        theme,
        chunks: Vec::new(),
        bars: Vec::new(),
        mark: None,
    };
    writer.spans(&[Span::Text(text)], false, 0.0, theme.text_2, 4.0);
    writer.chunks.remove(0)
}

/// What a message says, without its marks.
pub(super) fn plain(chunks: &[Chunk]) -> String {
    let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.job.text.as_str()).collect();
    texts.join("\n")
}

struct Writer<'a> {
    theme: &'a Theme,
    chunks: Vec<Chunk>,
    bars: Vec<f32>,
    /// Waits for the first chunk of its item.
    mark: Option<String>,
}

impl Writer<'_> {
    /// `between` is the room between blocks of this depth.
    fn blocks(&mut self, blocks: &[Block], indent: f32, colour: Color32, between: f32) {
        for (index, block) in blocks.iter().enumerate() {
            let above = if index == 0 { 0.0 } else { between };
            match block {
                Block::Paragraph(spans) => {
                    self.spans(spans, false, indent, colour, above);
                }
                Block::Heading(spans) => self.spans(spans, true, indent, colour, above),
                Block::Code { language, text } => self.code(language, text, indent, colour),
                Block::Quote(inside) => {
                    self.bars.push(indent);
                    let first = self.chunks.len();
                    self.blocks(inside, indent + QUOTE, self.theme.text_2, 4.0);
                    self.bars.pop();
                    self.put_above(first, 4.0);
                }
                Block::List { start, items } => {
                    let first = self.chunks.len();
                    for (item, number) in items.iter().zip(0..) {
                        self.mark = Some(match start {
                            Some(start) => format!("{}.", start.saturating_add(number)),
                            None => "•".into(),
                        });
                        self.blocks(item, indent + LIST, colour, 4.0);
                        if self.mark.is_some() {
                            self.spans(&[], false, indent + LIST, colour, 0.0);
                        }
                    }
                    self.put_above(first, 4.0);
                }
                Block::Rule => self.push(Kind::Rule, Line::default(), indent, above),
            }
        }
    }

    fn put_above(&mut self, first: usize, above: f32) {
        if let Some(chunk) = self.chunks.get_mut(first) {
            chunk.above = chunk.above.max(above);
        }
    }

    fn push(&mut self, kind: Kind, line: Line, indent: f32, above: f32) {
        self.chunks.push(Chunk {
            kind,
            job: line.job,
            links: line.links,
            indent,
            above,
            bars: self.bars.clone(),
            mark: self.mark.take(),
        });
    }

    fn code(&mut self, language: &str, text: &str, indent: f32, colour: Color32) {
        let mut line = Line::default();
        let format = TextFormat {
            line_height: Some(CODE_LINE),
            ..TextFormat::simple(FontId::monospace(CODE), colour)
        };
        line.append(text, format);
        let language = language.to_owned();
        self.push(Kind::Code { language }, line, indent, 8.0);
    }

    fn spans(&mut self, spans: &[Span], strong: bool, indent: f32, colour: Color32, above: f32) {
        let mut line = Line::default();
        let body = self.theme.body;
        let font = if strong {
            semibold(body.size)
        } else {
            regular(body.size)
        };
        let format = TextFormat {
            line_height: Some(body.line_height),
            ..TextFormat::simple(font, colour)
        };
        if spans.is_empty() {
            line.append("", format);
        } else {
            line.spans(self.theme, spans, &format);
        }
        self.push(Kind::Text, line, indent, above);
    }
}

#[derive(Default)]
struct Line {
    job: LayoutJob,
    chars: usize,
    links: Vec<Link>,
}

impl Line {
    fn append(&mut self, text: &str, format: TextFormat) {
        self.chars += text.chars().count();
        self.job.append(text, 0.0, format);
    }

    fn spans(&mut self, theme: &Theme, spans: &[Span], format: &TextFormat) {
        for span in spans {
            let mut format = format.clone();
            match span {
                Span::Text(text) => self.append(text, format),
                Span::Code(text) => {
                    format.font_id = FontId::monospace(CODE);
                    format.background = theme.code;
                    self.append(text, format);
                }
                Span::Strong(inside) => {
                    format.font_id = semibold(format.font_id.size);
                    self.spans(theme, inside, &format);
                }
                Span::Emphasis(inside) => {
                    format.italics = true;
                    self.spans(theme, inside, &format);
                }
                Span::Struck(inside) => {
                    format.strikethrough = Stroke::new(1.0, format.color);
                    self.spans(theme, inside, &format);
                }
                Span::Link { address, text } => {
                    format.color = theme.accent_text;
                    let first = self.chars;
                    self.spans(theme, text, &format);
                    self.links.push(Link {
                        chars: first..self.chars,
                        address: address.clone(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
