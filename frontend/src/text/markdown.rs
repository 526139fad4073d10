//! The Markdown of messages, from parser events to virtual nodes. HTML in a message is shown as the text that it is;
//! images become links; line breaks stay.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use yew::virtual_dom::{VList, VNode, VTag, VText};

use crate::text::links::{self, Piece};

/// A message's text as nodes.
pub(crate) fn render(text: &str) -> VNode {
    let options = Options::ENABLE_STRIKETHROUGH;
    let mut builder = Builder::default();
    for event in Parser::new_ext(text, options) {
        builder.take(event);
    }
    builder.finish()
}

/// An element whose children are being gathered; without a tag, they go to the one around it.
struct Open {
    tag: Option<VTag>,
    children: Vec<VNode>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    done: Vec<VNode>,
    /// Depth of links and code, in which no addresses are looked for.
    literal: usize,
    /// Text comes in pieces; an address may span them.
    text: String,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.text.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text.push('\n');
            }
            Event::Code(code) => {
                self.flush();
                self.push(element("code", vec![VText::new(code.to_string()).into()]));
            }
            Event::Rule => {
                self.flush();
                self.push(element("hr", Vec::new()));
            }
            Event::Start(tag) => {
                self.flush();
                self.start(&tag);
            }
            Event::End(end) => {
                self.flush();
                self.end(end);
            }
            // Extensions that are not enabled.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text.push_str(&text);
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let tag = match tag {
            Tag::Paragraph | Tag::HtmlBlock => Some(VTag::new("p")),
            Tag::Heading { .. } => Some(with(VTag::new("p"), "class", "heading")),
            Tag::BlockQuote(_) => Some(VTag::new("blockquote")),
            Tag::CodeBlock(kind) => {
                self.literal += 1;
                let mut tag = VTag::new("pre");
                if let CodeBlockKind::Fenced(language) = kind
                    && !language.is_empty()
                {
                    tag = with(
                        tag,
                        "data-language",
                        &language.chars().take(20).collect::<String>(),
                    );
                }
                Some(tag)
            }
            Tag::List(None) => Some(VTag::new("ul")),
            Tag::List(Some(start)) => Some(with(VTag::new("ol"), "start", &start.to_string())),
            Tag::Item => Some(VTag::new("li")),
            Tag::Emphasis => Some(VTag::new("em")),
            Tag::Strong => Some(VTag::new("strong")),
            Tag::Strikethrough => Some(VTag::new("s")),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.literal += 1;
                links::is_safe(dest_url).then(|| anchor(dest_url))
            }
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => None,
        };
        self.open.push(Open {
            tag,
            children: Vec::new(),
        });
    }

    fn end(&mut self, end: TagEnd) {
        if matches!(end, TagEnd::Link | TagEnd::Image | TagEnd::CodeBlock) {
            self.literal = self.literal.saturating_sub(1);
        }
        let Some(Open { tag, children }) = self.open.pop() else {
            return;
        };
        match tag {
            Some(mut tag) => {
                tag.add_children(children);
                self.push(tag.into());
            }
            None => children.into_iter().for_each(|child| self.push(child)),
        }
    }

    fn push(&mut self, node: VNode) {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.done.push(node),
        }
    }

    /// The text so far becomes nodes.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return;
        }
        if self.literal > 0 {
            return self.push(VText::new(text).into());
        }
        for piece in links::pieces(&text) {
            self.push(match piece {
                Piece::Text(text) => VText::new(text.to_owned()).into(),
                Piece::Link(address) => {
                    let mut link = anchor(address);
                    link.add_child(VText::new(address.to_owned()).into());
                    link.into()
                }
            });
        }
    }

    fn finish(mut self) -> VNode {
        self.flush();
        while !self.open.is_empty() {
            self.end(TagEnd::Paragraph);
        }
        VNode::from(VList::with_children(self.done, None))
    }
}

fn element(tag: &'static str, children: Vec<VNode>) -> VNode {
    let mut tag = VTag::new(tag);
    tag.add_children(children);
    tag.into()
}

fn anchor(address: &str) -> VTag {
    let link = with(VTag::new("a"), "href", address);
    let link = with(link, "rel", "noopener noreferrer nofollow");
    with(link, "target", "_blank")
}

fn with(mut tag: VTag, name: &'static str, value: &str) -> VTag {
    tag.add_attribute(name, value.to_owned());
    tag
}
