//! People: their avatars, whether they are there, and lists of them.

use client::present::format::initials;
use client::present::icon::Icon;
use client::present::panel::Topic;
use client::present::people;
use client::present::sheet::{Deed, Item};
use eframe::egui::accesskit::Role;
use eframe::egui::epaint::RectShape;
use eframe::egui::{
    Align2, Color32, CornerRadius, Id, Painter, Popup, Rect, Stroke, Ui, UiBuilder, Vec2,
    WidgetInfo, pos2, vec2,
};
use shared::account::PresenceState;
use shared::frame::Person;

use crate::theme::{Theme, icons, semibold, space};
use crate::widgets::{Roving, faces, inner_focus_ring, line, menu, opens_menu, region};

/// The height of a person in a list.
const ROW: f32 = 32.0;
/// The width of an avatar in a list.
const SMALL: f32 = 24.0;
/// The width of a menu's button in a list.
const MENU: f32 = 28.0;

/// A person's picture, or their initials on their colour.
pub(crate) fn paint_avatar(painter: &Painter, theme: &Theme, person: &Person, rect: Rect) {
    let (ground, letters) = theme.person(person.id);
    let size = rect.width();
    let radius = if size < 30.0 {
        theme.radius
    } else {
        theme.radius_card
    };
    let corners = CornerRadius::same(radius as u8);
    if let Some(picture) = faces::see(painter.ctx(), person.id) {
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let shape = RectShape::filled(rect, corners, Color32::WHITE);
        painter.add(shape.with_texture(picture.id(), whole));
        return;
    }
    painter.rect_filled(rect, corners, ground);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        initials(&person.name).to_uppercase(),
        semibold(size * 0.4),
        letters,
    );
}

/// Whether somebody is there, at the corner of their avatar, which stands on `ground`.
pub(crate) fn paint_presence(
    painter: &Painter,
    theme: &Theme,
    state: PresenceState,
    avatar: Rect,
    ground: Color32,
) {
    let at = avatar.max - Vec2::splat(2.0);
    let radius = if avatar.width() < 48.0 { 3.0 } else { 6.0 };
    painter.circle_filled(at, radius + 2.0, ground);
    match state {
        PresenceState::Online => painter.circle_filled(at, radius, theme.success),
        PresenceState::Away => {
            painter.circle_stroke(at, radius - 0.75, Stroke::new(1.5, theme.warning))
        }
        PresenceState::DoNotDisturb => painter.circle_filled(at, radius, theme.danger),
        PresenceState::Offline | PresenceState::Unknown => {
            painter.circle_filled(at, radius, theme.line_strong)
        }
    };
}

/// Somebody in a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) person: Person,
    pub(crate) presence: PresenceState,
    /// What they are, beside the name.
    pub(crate) note: &'static str,
    /// What one may do with them.
    pub(crate) items: Vec<Item>,
}

impl Listed {
    /// For those who do not see it.
    fn spoken(&self) -> String {
        let presence = people::presence(self.presence).to_lowercase();
        match self.note {
            "" => format!("{}, {presence}", self.person.name),
            note => format!("{}, {presence}, {}", self.person.name, note.to_lowercase()),
        }
    }
}

/// A list of people, whose profiles open.
#[derive(Debug, Default)]
pub(crate) struct People {
    roving: Roving,
}

impl People {
    /// In the order given, on `ground`. Returns what somebody wants done.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        name: &str,
        people: &[Listed],
        ground: Color32,
    ) -> Option<Deed> {
        let mut wanted = None;
        ui.scope(|ui| {
            region(ui, Role::List, name);
            ui.spacing_mut().item_spacing.y = 0.0;
            let list = ui.scope_id().with(name);
            let id = |one: &Listed| list.with(one.person.id);
            let ids: Vec<Id> = people.iter().map(id).collect();
            self.roving.take(ui, &ids, None);
            let has_menus = people.iter().any(|one| !one.items.is_empty());
            let space = if has_menus { MENU } else { 0.0 };
            for one in people {
                let row = self.row(ui, theme, id(one), one, (ground, space));
                wanted = row.or(wanted.take());
            }
        });
        wanted
    }

    fn row(
        &self,
        ui: &mut Ui,
        theme: &Theme,
        id: Id,
        one: &Listed,
        (ground, space): (Color32, f32),
    ) -> Option<Deed> {
        let builder = UiBuilder::new()
            .accessibility_role(Role::ListItem)
            .accessibility_label(one.spoken());
        let shown = ui.scope_builder(builder, |ui| {
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
            let has_menu = !one.items.is_empty();
            let place = rect.with_max_x(rect.right() - space);
            let button = ui.interact(place, id, self.roving.sense(id));
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &one.person.name));
            self.roving.shown(ui, &button);
            let hovered = ui.rect_contains_pointer(rect);
            let mut wanted = button
                .clicked()
                .then_some(Deed::Show(Topic::Card(one.person.id)));
            if has_menu {
                let corner = rect.with_min_x(place.right());
                let reached = hovered || button.has_focus();
                wanted = self.menu(ui, theme, id, one, (corner, reached)).or(wanted);
            }
            if !ui.is_rect_visible(rect) {
                return wanted;
            }
            let (ground, colour) = match hovered {
                true => (theme.hover, theme.text),
                false => (ground, theme.text_2),
            };
            // Under what is painted by the menu's button.
            if hovered {
                ui.painter().rect_filled(place, theme.radius, ground);
            }
            let is_cut = paint(ui, theme, place, one, (ground, colour));
            inner_focus_ring(ui, theme, &button);
            if is_cut {
                button.on_hover_text(&one.person.name);
            }
            wanted
        });
        shown.inner
    }

    fn menu(
        &self,
        ui: &Ui,
        theme: &Theme,
        id: Id,
        one: &Listed,
        (rect, reached): (Rect, bool),
    ) -> Option<Deed> {
        let sense = self.roving.sense(id);
        let button = ui.interact(rect.shrink2(vec2(0.0, 2.0)), id.with("menu"), sense);
        let name = format!("What to do with {}", one.person.name);
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        opens_menu(&button);
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
        if button.hovered() || open {
            ui.painter()
                .rect_filled(button.rect, theme.radius, theme.hover);
        }
        if reached || open || button.has_focus() {
            icons::paint(ui.painter(), rect, 16.0, Icon::More, theme.text_2);
        }
        inner_focus_ring(ui, theme, &button);
        let chosen = menu(theme, &button, &name, &one.items)?;
        one.items.get(chosen).map(|item| item.deed.clone())
    }
}

/// Returns whether the name is cut.
fn paint(
    ui: &Ui,
    theme: &Theme,
    rect: Rect,
    one: &Listed,
    (ground, colour): (Color32, Color32),
) -> bool {
    let face = Rect::from_center_size(
        pos2(rect.left() + 8.0 + SMALL / 2.0, rect.center().y),
        Vec2::splat(SMALL),
    );
    paint_avatar(ui.painter(), theme, &one.person, face);
    paint_presence(ui.painter(), theme, one.presence, face, ground);
    let note = line(ui, theme.meta, theme.text_3, one.note, rect.width());
    let left = face.right() + 10.0;
    let right = rect.right() - space::S - note.size().x;
    let name = line(ui, theme.body, colour, &one.person.name, right - left);
    let is_cut = name.elided;
    let top = rect.center().y - name.size().y / 2.0;
    ui.painter().galley(pos2(left, top), name, colour);
    let top = rect.center().y - note.size().y / 2.0;
    ui.painter().galley(pos2(right, top), note, theme.text_3);
    is_cut
}
