use std::time::{Duration, Instant};

use super::inline::Span;
use super::{Block, parse};

/// The parsed text in a shape that is easy to compare: each block and span as its letter and its content.
fn shape(text: &str) -> String {
    blocks(&parse(text))
}

fn blocks(blocks: &[Block]) -> String {
    let block = |block: &Block| match block {
        Block::Paragraph(inside) => format!("p({})", spans(inside)),
        Block::Heading(inside) => format!("h({})", spans(inside)),
        Block::Code { language, text } => format!("pre({language}:{text})"),
        Block::Quote(inside) => format!("q({})", self::blocks(inside)),
        Block::List { start, items } => {
            let items: Vec<String> = items.iter().map(|item| self::blocks(item)).collect();
            format!(
                "{}({})",
                start.map_or("ul".into(), |start| format!("ol{start}")),
                items.join("|")
            )
        }
        Block::Rule => "rule".into(),
    };
    blocks.iter().map(block).collect()
}

fn spans(spans: &[Span]) -> String {
    let span = |span: &Span| match span {
        Span::Text(text) => text.clone(),
        Span::Code(text) => format!("code({text})"),
        Span::Strong(inside) => format!("b({})", self::spans(inside)),
        Span::Emphasis(inside) => format!("i({})", self::spans(inside)),
        Span::Struck(inside) => format!("s({})", self::spans(inside)),
        Span::Link { address, text } => format!("a({address}:{})", self::spans(text)),
    };
    spans.iter().map(span).collect()
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shape(text), *expected, "{text:?}");
    }
}

#[test]
fn spans_are_marked_as_people_mark_them() {
    check(&[
        ("a **b** c", "p(a b(b) c)"),
        ("*i* and _j_ and __k__", "p(i(i) and i(j) and b(k))"),
        ("***both***", "p(b(i(both)))"),
        ("**b *i* b**", "p(b(b i(i) b))"),
        ("~~no~~ yes", "p(s(no) yes)"),
        ("`a*b*` and ``x`y``", "p(code(a*b*) and code(x`y))"),
        ("**a `**` b**", "p(b(a code(**) b))"),
        (
            "[the log](https://a.example/x) here",
            "p(a(https://a.example/x:the log) here)",
        ),
        (
            "see https://a.example/a_b_c.",
            "p(see a(https://a.example/a_b_c:https://a.example/a_b_c).)",
        ),
        (r"\*not\* \`this\`", "p(*not* `this`)"),
    ]);
}

#[test]
fn what_only_looks_like_a_mark_is_text() {
    check(&[
        ("2 * 3 * 4", "p(2 * 3 * 4)"),
        ("snake_case_name", "p(snake_case_name)"),
        ("**open", "p(**open)"),
        ("`open", "p(`open)"),
        ("* a*", "ul(p(a*))"),
        ("[x](javascript:alert(1))", "p([x](javascript:alert(1)))"),
        (
            "![x](https://a.example/i.png)",
            "p(!a(https://a.example/i.png:x))",
        ),
        ("<b>x</b> &amp;", "p(<b>x</b> &amp;)"),
        ("#lobby", "p(#lobby)"),
        ("2026. What a year", "p(2026. What a year)"),
        ("c:\\temp", "p(c:\\temp)"),
    ]);
}

#[test]
fn lines_become_blocks() {
    check(&[
        ("one\ntwo\n\nthree", "p(one\ntwo)p(three)"),
        ("# Title\ntext", "h(Title)p(text)"),
        (
            "text\n```rust\nlet a = 1;\n\n> b\n```\nafter",
            "p(text)pre(rust:let a = 1;\n\n> b)p(after)",
        ),
        ("```\nopen", "pre(:open)"),
        ("> a\n> > b\n\nc", "q(p(a)q(p(b)))p(c)"),
        ("- a\n- b\n  still b\n- c", "ul(p(a)|p(b\nstill b)|p(c))"),
        ("- a\n  - deep\n- b", "ul(p(a)ul(p(deep))|p(b))"),
        ("3. a\n4. b\n- c", "ol3(p(a)|p(b))ul(p(c))"),
        ("text\n- a", "p(text)ul(p(a))"),
        ("---", "rule"),
        ("", ""),
        ("\n \n", ""),
    ]);
}

#[test]
fn hostile_text_costs_no_more_than_any_other() {
    let letters = [
        "*",
        "_",
        "`",
        "~",
        "[",
        "> ",
        "- ",
        "*a ",
        "_a_b",
        "**a*",
        "[](",
        "[](http://",
        "`` ` ",
        "http://(",
        "\\",
        "ü*",
        "* * ",
    ];
    for letter in letters {
        let text = letter.repeat(32 * 1024 / letter.len());
        let started = Instant::now();
        parse(&text);
        let took = started.elapsed();
        assert!(
            took < Duration::from_millis(500),
            "{letter:?} took {took:?}"
        );
    }
}
