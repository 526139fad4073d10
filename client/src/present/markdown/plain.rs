//! A message's text without its marks, on one line.

use super::{Block, Span};

/// At most `chars_max` characters, and `…` where there are more.
pub fn line(text: &str, chars_max: usize) -> String {
    let mut plain = String::new();
    // What is far beyond the end cannot show.
    let head = text.char_indices().nth(chars_max * 4);
    let head = head.map_or(text, |(end, _)| &text[..end]);
    add_blocks(&super::parse(head), &mut plain);
    let words: Vec<&str> = plain.split_whitespace().collect();
    let plain = words.join(" ");
    match plain.char_indices().nth(chars_max) {
        None if head.len() == text.len() => plain,
        None => plain + "…",
        Some((end, _)) => format!("{}…", plain[..end].trim_end()),
    }
}

fn add_blocks(blocks: &[Block], plain: &mut String) {
    for block in blocks {
        match block {
            Block::Paragraph(spans) | Block::Heading(spans) => add_spans(spans, plain),
            Block::Code { text, .. } => plain.push_str(text),
            Block::Quote(blocks) => add_blocks(blocks, plain),
            Block::List { items, .. } => {
                for item in items {
                    add_blocks(item, plain);
                }
            }
            Block::Rule => {}
        }
        plain.push(' ');
    }
}

fn add_spans(spans: &[Span], plain: &mut String) {
    for span in spans {
        match span {
            Span::Text(text) | Span::Code(text) => plain.push_str(text),
            Span::Strong(spans)
            | Span::Emphasis(spans)
            | Span::Struck(spans)
            | Span::Link { text: spans, .. } => add_spans(spans, plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_breaks_go() {
        let texts = [
            ("**Hello** `you`\nthere", "Hello you there"),
            ("# Plan\n- one\n- *two*\n\n> three", "Plan one two three"),
            ("[here](https://example.org) ~~x~~", "here x"),
            ("```rust\nlet x = 1;\n```", "let x = 1;"),
            ("", ""),
        ];
        for (text, plain) in texts {
            assert_eq!(line(text, 80), plain, "{text}");
        }
        assert_eq!(line("one two three", 8), "one two…");
        assert_eq!(line(&"ä".repeat(1000), 3), "äää…");
        assert_eq!(line(&format!("a{}b", "\n".repeat(1000)), 3), "a…");
    }
}
