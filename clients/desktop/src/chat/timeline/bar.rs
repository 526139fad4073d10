//! The scrollbar. It stands for the whole room by sequence, whatever of it is loaded.

use eframe::egui::accesskit::{Action, Role};
use eframe::egui::{CornerRadius, Id, Rect, Sense, Ui, pos2};

use crate::theme::Theme;

const WIDTH: f32 = 12.0;
const THUMB: f32 = 6.0;
const THUMB_HEIGHT_MIN: f32 = 36.0;

/// What is in sight, in events from the beginning of the room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sight {
    pub(super) first: f32,
    pub(super) last: f32,
    pub(super) all: f32,
}

impl Sight {
    /// How far it is down the room, from 0 to 1.
    pub(super) fn share(self) -> f32 {
        (self.first / self.hidden()).clamp(0.0, 1.0)
    }

    /// The event at the top, once so much of the room is above.
    pub(super) fn at(self, share: f32) -> f32 {
        share * self.hidden()
    }

    fn hidden(self) -> f32 {
        (self.all - (self.last - self.first)).max(1.0)
    }
}

/// Draws it along the right edge of `list`. Returns how far down the room to go, from 0 to 1, where that is wanted.
pub(super) fn show(ui: &Ui, theme: &Theme, list: Rect, id: Id, sight: Sight) -> Option<f32> {
    let track = Rect::from_min_max(pos2(list.right() - WIDTH, list.top()), list.max).shrink(2.0);
    let part = ((sight.last - sight.first) / sight.all.max(1.0)).clamp(0.0, 1.0);
    if part >= 1.0 || track.height() <= THUMB_HEIGHT_MIN {
        return None;
    }
    let height = (track.height() * part).max(THUMB_HEIGHT_MIN);
    let way = track.height() - height;
    let top = track.top() + way * sight.share();
    let bar = ui.interact(track, id, Sense::DRAG);
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::ScrollBar);
        node.set_bounds(super::draw::bounds(track));
        node.set_label("Place in the room");
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(100.0);
        node.set_numeric_value(f64::from(sight.share() * 100.0).round());
        node.add_action(Action::SetValue);
    });
    let thumb = Rect::from_min_max(
        pos2(track.right() - THUMB, top),
        pos2(track.right(), top + height),
    );
    let colour = match bar.hovered() || bar.dragged() {
        true => theme.text_3,
        false => theme.line_strong,
    };
    let radius = CornerRadius::same((THUMB / 2.0) as u8);
    ui.painter().rect_filled(thumb, radius, colour);
    // Where the pointer holds the thumb it goes on holding it; elsewhere it takes it by its middle.
    let grip = id.with("grip");
    let pointer = bar.interact_pointer_pos().map(|pointer| pointer.y);
    if let Some(pointer) = pointer.filter(|_| bar.is_pointer_button_down_on()) {
        let held = ui.data(|data| data.get_temp::<f32>(grip));
        let held =
            held.unwrap_or_else(|| match (thumb.top()..=thumb.bottom()).contains(&pointer) {
                true => pointer - top,
                false => height / 2.0,
            });
        ui.data_mut(|data| data.insert_temp(grip, held));
        let share = (pointer - held - track.top()) / way.max(1.0);
        // While the pointer rests, so does the room: how much of it is in sight differs from place to place.
        let moves = ui.input(|input| input.pointer.delta().y != 0.0 || input.pointer.any_pressed());
        return moves.then_some(share.clamp(0.0, 1.0));
    }
    ui.data_mut(|data| data.remove::<f32>(grip));
    asked(ui, id)
}

/// What assistive technology asks for.
fn asked(ui: &Ui, id: Id) -> Option<f32> {
    use eframe::egui::accesskit::ActionData;
    ui.input(|input| {
        let mut asked = input.accesskit_action_requests(id, Action::SetValue);
        asked.find_map(|request| match request.data {
            Some(ActionData::NumericValue(value)) => Some((value / 100.0).clamp(0.0, 1.0) as f32),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::Sight;

    #[test]
    fn both_ends_of_the_room_are_ends_of_the_bar() {
        let sight = |first, last| Sight {
            first,
            last,
            all: 1000.0,
        };
        assert_eq!(sight(0.0, 20.0).share(), 0.0);
        assert_eq!(sight(980.0, 1000.0).share(), 1.0);
        assert_eq!(sight(490.0, 510.0).share(), 0.5);
        assert_eq!(sight(490.0, 510.0).at(1.0), 980.0);
    }
}
