//! What the keys mean to the composer.

use eframe::egui::{Event, ImeEvent, Key};

/// What is remembered of keys from one frame to the next.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// An input method composes a character: Enter is for it.
    composing: bool,
    /// What was typed in the same frame as the Enter that sent the text before it.
    later: Vec<Event>,
}

impl Keys {
    /// Whether the text is to be sent once the field has taken the events, and leaves those that belong to the next
    /// message for the next frame.
    pub(super) fn take(&mut self, events: &mut Vec<Event>) -> bool {
        if !self.later.is_empty() {
            let newer = std::mem::replace(events, std::mem::take(&mut self.later));
            events.extend(newer);
        }
        // Some systems report the Enter that ends a composition after that end.
        let mut composed = self.composing;
        let mut kept = Vec::with_capacity(events.len());
        let mut rest = std::mem::take(events).into_iter();
        let mut sends = false;
        for event in rest.by_ref() {
            match &event {
                Event::Ime(ImeEvent::Preedit { text, .. }) => {
                    self.composing = !text.is_empty();
                    composed |= self.composing;
                }
                Event::Ime(ImeEvent::Commit(text)) => {
                    self.composing = false;
                    composed |= !text.is_empty();
                }
                Event::Key {
                    key: Key::Enter,
                    pressed: true,
                    modifiers,
                    ..
                } if !modifiers.shift => {
                    if composed {
                        continue;
                    }
                    sends = true;
                    break;
                }
                _ => {}
            }
            kept.push(event);
        }
        *events = kept;
        self.later = rest.collect();
        sends
    }

    /// Whether there is something to take without a new event.
    pub(super) fn has_more(&self) -> bool {
        !self.later.is_empty()
    }
}

/// Whether somebody writes or pastes text. Where something has the focus (`idle` is false), the space bar presses it.
pub(super) fn begin_to_write(events: &[Event], idle: bool) -> bool {
    events.iter().any(|event| match event {
        Event::Text(text) => idle || text != " ",
        Event::Paste(_) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use eframe::egui::Modifiers;

    use super::*;

    fn enter(modifiers: Modifiers) -> Event {
        Event::Key {
            key: Key::Enter,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers,
        }
    }

    fn text(text: &str) -> Event {
        Event::Text(text.to_owned())
    }

    fn preedit(text: &str) -> Event {
        Event::Ime(ImeEvent::Preedit {
            text: text.to_owned(),
            active_range_chars: None,
        })
    }

    #[test]
    fn what_is_typed_behind_enter_belongs_to_the_next_message() {
        let mut keys = Keys::default();
        let plain = enter(Modifiers::NONE);
        let mut events = vec![
            text("a"),
            plain.clone(),
            text("b"),
            plain.clone(),
            text("c"),
        ];
        assert!(keys.take(&mut events));
        assert_eq!(events, [text("a")]);
        let mut events = vec![text("d")];
        assert!(keys.has_more() && keys.take(&mut events));
        assert_eq!(events, [text("b")]);
        let mut events = Vec::new();
        assert!(keys.has_more() && !keys.take(&mut events));
        assert_eq!(events, [text("c"), text("d")]);
        assert!(!keys.has_more());
    }

    #[test]
    fn shift_and_enter_is_for_the_field() {
        let mut keys = Keys::default();
        let mut events = vec![enter(Modifiers::SHIFT)];
        assert!(!keys.take(&mut events));
        assert_eq!(events.len(), 1);
        assert!(keys.take(&mut vec![enter(Modifiers::COMMAND)]));
    }

    #[test]
    fn enter_while_composing_is_for_the_input_method() {
        let mut keys = Keys::default();
        let plain = || enter(Modifiers::NONE);
        assert!(!keys.take(&mut vec![preedit("ni")]));
        assert!(!keys.take(&mut vec![plain()]));
        let commit = Event::Ime(ImeEvent::Commit("你".to_owned()));
        let mut events = vec![commit, plain()];
        assert!(!keys.take(&mut events), "the same press");
        assert_eq!(events.len(), 1, "nor does it break the line");
        assert!(keys.take(&mut vec![plain()]));
        assert!(!keys.take(&mut vec![preedit("n"), preedit("")]));
        assert!(keys.take(&mut vec![plain()]), "it was dismissed");
        assert!(
            keys.take(&mut vec![preedit(""), plain()]),
            "nothing was composed"
        );
    }

    #[test]
    fn writing_begins_with_a_letter_and_not_with_a_press_of_a_button() {
        assert!(begin_to_write(&[text("x")], false));
        assert!(begin_to_write(&[text(" ")], true));
        assert!(!begin_to_write(&[text(" ")], false));
        assert!(!begin_to_write(&[enter(Modifiers::NONE)], true));
        assert!(begin_to_write(&[Event::Paste("x".to_owned())], false));
    }
}
