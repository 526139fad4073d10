//! Who did what.

use shared::admin::AuditEntry;
use shared::{Sequence, ServerFrame};

use super::{Asked, Eyes, Lead, Part, Row};
use crate::present::sheet::{Deed, Item};

pub(super) fn parts(eyes: &Eyes<'_>, asked: &Asked, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::AuditPage { entries, .. } = answer else {
        return None;
    };
    let turn = |text: &'static str, before: Option<Sequence>| {
        let asked = Asked {
            before,
            ..Asked::default()
        };
        Item::new(text, Deed::Turn(asked))
    };
    let mut turns = Vec::new();
    if asked.before.is_some() {
        turns.push(turn("Newest", None));
    }
    let oldest = entries.last().map(|entry| entry.sequence);
    if oldest.is_some_and(|oldest| oldest > Sequence::first()) {
        turns.push(turn("Older", oldest));
    }
    Some(vec![
        Part::List {
            rows: entries.iter().map(|entry| row(eyes, entry)).collect(),
            empty: "Nothing has been done yet.",
        },
        Part::Buttons(turns),
    ])
}

fn row(eyes: &Eyes<'_>, entry: &AuditEntry) -> Row {
    let who = match &entry.person {
        Some(person) => person.name.as_str(),
        None => "The operator",
    };
    Row {
        word: entry.action.replace('_', " "),
        subject: entry.subject.clone(),
        ..Row::new(entry.sequence, Lead::None, who)
    }
    .notes([entry.sequence.0.to_string(), eyes.moment(entry.at_ms)])
}
