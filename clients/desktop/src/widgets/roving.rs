//! Lists that are one stop of the Tab key: arrows move inside.

use eframe::egui::{EventFilter, Id, Key, Modifiers, Response, Sense, Ui};

/// Which entry of a list the Tab key comes to.
#[derive(Debug, Default)]
pub(crate) struct Roving {
    stop: Option<Id>,
    moved: bool,
}

impl Roving {
    /// Where the list is entered.
    pub(crate) fn entrance(&self) -> Option<Id> {
        self.stop
    }

    /// Takes the keys, before the entries are shown, whose ids these are. Without the keyboard inside, the list is
    /// entered at `current`, or where it was left.
    pub(crate) fn take(&mut self, ui: &Ui, ids: &[Id], current: Option<Id>) {
        let focused = ui.memory(|memory| memory.focused());
        let place = |wanted: Option<Id>| ids.iter().position(|id| Some(*id) == wanted);
        let focused = place(focused);
        let moved = focused.and_then(|from| moved(ui, from, ids.len()));
        let at = moved.or(focused).or_else(|| place(current));
        let at = at.or_else(|| place(self.stop)).unwrap_or(0);
        self.stop = ids.get(at).copied();
        self.moved = moved.is_some();
        if let (true, Some(stop)) = (self.moved, self.stop) {
            ui.memory_mut(|memory| memory.request_focus(stop));
        }
    }

    /// How an entry is sensed.
    pub(crate) fn sense(&self, id: Id) -> Sense {
        match self.is_stop(id) {
            true => Sense::click(),
            false => Sense::CLICK,
        }
    }

    /// Whether the Tab key comes to this entry.
    pub(crate) fn is_stop(&self, id: Id) -> bool {
        self.stop == Some(id)
    }

    /// An entry is shown: the arrows stay inside the list, and what they come to is in sight.
    pub(crate) fn shown(&self, ui: &Ui, entry: &Response) {
        let filter = EventFilter {
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(entry.id, filter));
        if self.moved && self.is_stop(entry.id) {
            entry.scroll_to_me(None);
        }
    }
}

/// Where the keys move to from here.
fn moved(ui: &Ui, from: usize, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::ArrowDown) {
        Some((from + 1).min(last))
    } else if pressed(Key::ArrowUp) {
        Some(from.saturating_sub(1))
    } else if pressed(Key::Home) {
        Some(0)
    } else if pressed(Key::End) {
        Some(last)
    } else {
        None
    }
}
