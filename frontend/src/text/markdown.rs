//! The Markdown of messages as virtual nodes: text nodes and a few elements, never markup of the message's own.

use client::present::markdown::{Block, Span, parse};
use yew::virtual_dom::{VList, VNode, VTag, VText};

/// A message's text as nodes.
pub(crate) fn render(text: &str) -> VNode {
    VList::with_children(blocks(parse(text)), None).into()
}

fn blocks(blocks: Vec<Block>) -> Vec<VNode> {
    blocks.into_iter().map(block).collect()
}

fn block(block: Block) -> VNode {
    match block {
        Block::Paragraph(text) => element("p", spans(text)),
        Block::Heading(text) => with("p", &[("class", "heading")], spans(text)),
        Block::Code { language, text } if language.is_empty() => element("pre", vec![plain(text)]),
        Block::Code { language, text } => {
            with("pre", &[("data-language", &language)], vec![plain(text)])
        }
        Block::Quote(inside) => element("blockquote", blocks(inside)),
        Block::List { start: None, items } => element("ul", list_items(items)),
        Block::List {
            start: Some(start),
            items,
        } => with("ol", &[("start", &start.to_string())], list_items(items)),
        Block::Rule => element("hr", Vec::new()),
    }
}

fn list_items(items: Vec<Vec<Block>>) -> Vec<VNode> {
    items
        .into_iter()
        .map(|item| element("li", blocks(item)))
        .collect()
}

fn spans(spans: Vec<Span>) -> Vec<VNode> {
    spans.into_iter().map(span).collect()
}

fn span(span: Span) -> VNode {
    match span {
        Span::Text(text) => plain(text),
        Span::Code(text) => element("code", vec![plain(text)]),
        Span::Strong(inside) => element("strong", spans(inside)),
        Span::Emphasis(inside) => element("em", spans(inside)),
        Span::Struck(inside) => element("s", spans(inside)),
        Span::Link { address, text } => {
            let rel = "noopener noreferrer nofollow";
            let attributes = [
                ("href", address.as_str()),
                ("rel", rel),
                ("target", "_blank"),
            ];
            with("a", &attributes, spans(text))
        }
    }
}

fn plain(text: String) -> VNode {
    VText::new(text).into()
}

fn element(tag: &'static str, children: Vec<VNode>) -> VNode {
    with(tag, &[], children)
}

fn with(tag: &'static str, attributes: &[(&'static str, &str)], children: Vec<VNode>) -> VNode {
    let mut tag = VTag::new(tag);
    for (name, value) in attributes {
        tag.add_attribute(name, (*value).to_owned());
    }
    tag.add_children(children);
    tag.into()
}
