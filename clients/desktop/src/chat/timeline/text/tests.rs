use super::*;
use crate::theme::Variant;

fn theme() -> Theme {
    Theme::new(Variant {
        dark: false,
        high_contrast: false,
    })
}

fn check(said: &str, expected: &[(&str, f32)]) -> Vec<Chunk> {
    let theme = theme();
    let chunks = chunks(&theme, said, theme.text);
    let found: Vec<(&str, f32)> = chunks
        .iter()
        .map(|chunk| (chunk.job.text.as_str(), chunk.indent))
        .collect();
    assert_eq!(found, expected, "{said}");
    chunks
}

#[test]
fn blocks_become_texts_from_top_to_bottom() {
    check("one\ntwo", &[("one\ntwo", 0.0)]);
    check("# A\nb", &[("A", 0.0), ("b", 0.0)]);
    let quoted = check("> a\n> - b", &[("a", QUOTE), ("b", QUOTE + LIST)]);
    assert!(quoted.iter().all(|chunk| chunk.bars == [0.0]));
    let listed = check("1. a\n2. b", &[("a", LIST), ("b", LIST)]);
    let marks: Vec<Option<&str>> = listed.iter().map(|chunk| chunk.mark.as_deref()).collect();
    assert_eq!(marks, [Some("1."), Some("2.")]);
    let code = check(
        "a\n```rust\nlet *x*;\n```",
        &[("a", 0.0), ("let *x*;", 0.0)],
    );
    let language = "rust".to_owned();
    assert_eq!(code[1].kind, Kind::Code { language });
    let rule = check("a\n\n---", &[("a", 0.0), ("", 0.0)]);
    assert_eq!(rule[1].kind, Kind::Rule);
}

#[test]
fn spans_are_formatted_and_links_know_their_characters() {
    let said = "ü **b** `c` [d *e*](https://a.example) https://b.example.";
    let chunks = check(said, &[("ü b c d e https://b.example.", 0.0)]);
    let links: Vec<(Range<usize>, &str)> = chunks[0]
        .links
        .iter()
        .map(|link| (link.chars.clone(), link.address.as_str()))
        .collect();
    let expected = [(6..9, "https://a.example"), (10..27, "https://b.example")];
    assert_eq!(links, expected);
    let job = &chunks[0].job;
    let format = |text: &str| {
        let at = job.text.find(text).unwrap();
        job.format_at_byte(at.into())
    };
    assert_eq!(format("b").font_id, semibold(15.0));
    assert_eq!(format("c").background, theme().code);
    assert!(format("e").italics && !format("d").italics);
}

#[test]
fn any_text_is_covered_by_its_formats() {
    for said in [
        "",
        "   ",
        "-",
        "> ",
        "- \n- b",
        "```\n```",
        "****",
        "[](https://a)",
    ] {
        for chunk in chunks(&theme(), said, Color32::BLACK) {
            chunk.job.debug_sanity_check();
        }
    }
}
