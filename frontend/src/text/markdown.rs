//! The Markdown of messages as virtual nodes: text nodes and a few elements, never markup of the message's own.

use client::present::markdown::{Block, Span, parse};
use yew::virtual_dom::{VList, VNode, VTag, VText};

use crate::text::names::Known;

/// A message's text as nodes. Whom it mentions of those who are known stands out.
pub(crate) fn render(text: &str, known: Option<&Known>) -> VNode {
    let writer = Writer(known);
    VList::with_children(writer.blocks(parse(text)), None).into()
}

#[derive(Clone, Copy)]
struct Writer<'a>(Option<&'a Known>);

impl Writer<'_> {
    fn blocks(self, blocks: Vec<Block>) -> Vec<VNode> {
        blocks.into_iter().map(|block| self.block(block)).collect()
    }

    fn block(self, block: Block) -> VNode {
        match block {
            Block::Paragraph(text) => element("p", self.spans(text)),
            Block::Heading(text) => with("p", &[("class", "heading")], self.spans(text)),
            Block::Code { language, text } if language.is_empty() => {
                element("pre", vec![plain(text)])
            }
            Block::Code { language, text } => {
                with("pre", &[("data-language", &language)], vec![plain(text)])
            }
            Block::Quote(inside) => element("blockquote", self.blocks(inside)),
            Block::List { start: None, items } => element("ul", self.list_items(items)),
            Block::List {
                start: Some(start),
                items,
            } => with(
                "ol",
                &[("start", &start.to_string())],
                self.list_items(items),
            ),
            Block::Rule => element("hr", Vec::new()),
        }
    }

    fn list_items(self, items: Vec<Vec<Block>>) -> Vec<VNode> {
        items
            .into_iter()
            .map(|item| element("li", self.blocks(item)))
            .collect()
    }

    fn spans(self, spans: Vec<Span>) -> Vec<VNode> {
        spans.into_iter().map(|span| self.span(span)).collect()
    }

    fn span(self, span: Span) -> VNode {
        match span {
            Span::Text(text) => self.text(text),
            Span::Code(text) => element("code", vec![plain(text)]),
            Span::Strong(inside) => element("strong", self.spans(inside)),
            Span::Emphasis(inside) => element("em", self.spans(inside)),
            Span::Struck(inside) => element("s", self.spans(inside)),
            Span::Link { address, text } => {
                let rel = "noopener noreferrer nofollow";
                let attributes = [
                    ("href", address.as_str()),
                    ("rel", rel),
                    ("target", "_blank"),
                ];
                with("a", &attributes, self.spans(text))
            }
        }
    }

    fn text(self, text: String) -> VNode {
        let found = self.0.map(|known| known.find(&text)).unwrap_or_default();
        if found.is_empty() {
            return plain(text);
        }
        let (mut nodes, mut end) = (Vec::new(), 0);
        for (range, is_me) in found {
            let class = if is_me { "mention me" } else { "mention" };
            nodes.push(plain(text[end..range.start].to_owned()));
            let name = plain(text[range.clone()].to_owned());
            nodes.push(with("span", &[("class", class)], vec![name]));
            end = range.end;
        }
        nodes.push(plain(text[end..].to_owned()));
        VList::with_children(nodes, None).into()
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
