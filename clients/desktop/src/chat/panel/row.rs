//! One thing of a list: what it is, what is to be known of it, and what can be done with it.

use client::present::icon::Icon;
use client::present::panel::{Items, Lead, Row};
use client::present::sheet::{Deed, Item};
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, Frame, Layout, Margin, Rect, Sense, Stroke, Ui, UiBuilder, Vec2, WidgetInfo, vec2,
};
use shared::account::PresenceState;

use crate::theme::{Theme, icons, space};
use crate::widgets::{
    RoomMark, button, icon_button, label, line, line_above, menu, opens_menu, paint_avatar,
    paint_mark,
};

const LEAD: f32 = 24.0;
/// Of a row, at least.
const HEIGHT: f32 = 40.0;

/// Returns what somebody wants done.
pub(super) fn show(ui: &mut Ui, theme: &Theme, row: &Row, separated: bool) -> Option<Deed> {
    let builder = UiBuilder::new()
        .id_salt(&row.key)
        .accessibility_role(Role::ListItem)
        .accessibility_label(spoken(row));
    let shown = ui.scope_builder(builder, |ui| {
        let frame = Frame::new().inner_margin(Margin::symmetric(0, 8));
        frame.show(ui, |ui| match &row.quote {
            Some(quote) => report(ui, theme, row, quote),
            None => entry(ui, theme, row),
        })
    });
    if separated {
        line_above(ui.painter(), theme, shown.response.rect);
    }
    shown.inner.inner
}

fn spoken(row: &Row) -> String {
    let parts = [&row.title, &row.word, &row.subject];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let title = parts.cloned().collect::<Vec<_>>().join(" ");
    match row.note() {
        note if note.is_empty() => title,
        note => format!("{title}, {note}"),
    }
}

fn entry(ui: &mut Ui, theme: &Theme, row: &Row) -> Option<Deed> {
    ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        lead(ui, theme, &row.lead);
        let width = items_width(ui, theme, &row.items);
        let left = ui.available_width() - width - space::M;
        let size = vec2(left.max(60.0), 0.0);
        let text = ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
            ui.set_min_size(vec2(size.x, HEIGHT));
            ui.spacing_mut().item_spacing.y = 0.0;
            if row.note().is_empty() {
                ui.add_space((HEIGHT - theme.body.line_height) / 2.0);
            }
            title(ui, theme, row);
            note(ui, theme, row);
        });
        let size = vec2(width, text.response.rect.height());
        let end = Layout::right_to_left(Align::Center);
        let items = ui.allocate_ui_with_layout(size, end, |ui| items(ui, theme, row));
        items.inner
    })
    .inner
}

/// What somebody wrote, and what was said of it.
fn report(ui: &mut Ui, theme: &Theme, row: &Row, quote: &(String, String)) -> Option<Deed> {
    let (text, said) = quote;
    ui.spacing_mut().item_spacing.y = space::S;
    title(ui, theme, row);
    let inside = Margin {
        left: 12,
        ..Margin::ZERO
    };
    let quoted = Frame::new().inner_margin(inside).show(ui, |ui| {
        label(ui, theme.body, theme.text_2, text);
    });
    let bar = quoted.response.rect;
    let edge = Stroke::new(3.0, theme.line_strong);
    ui.painter().vline(bar.left() + 1.5, bar.y_range(), edge);
    if !said.is_empty() {
        label(ui, theme.body, theme.text, said);
    }
    note(ui, theme, row);
    ui.horizontal_wrapped(|ui| items(ui, theme, row)).inner
}

fn lead(ui: &mut Ui, theme: &Theme, lead: &Lead) {
    if matches!(lead, Lead::None) {
        return;
    }
    let (place, _) = ui.allocate_exact_size(vec2(LEAD, HEIGHT), Sense::hover());
    let rect = Rect::from_center_size(place.center(), Vec2::splat(LEAD));
    match lead {
        Lead::None => {}
        Lead::Person(person) => paint_avatar(ui.painter(), theme, person, rect),
        Lead::Room(room) => {
            let mark = RoomMark::of(room, |_| PresenceState::Offline);
            let colours = (theme.text_3, theme.surface);
            paint_mark(ui, theme, rect.center(), &mark, colours);
        }
        Lead::File(media_type) => {
            let icon = Icon::of_file(media_type);
            icons::paint(ui.painter(), rect, LEAD, icon, theme.text_2);
        }
    }
}

fn title(ui: &mut Ui, theme: &Theme, row: &Row) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        label(ui, theme.body.bold(), theme.text, &row.title);
        if !row.word.is_empty() {
            chip(ui, theme, &row.word);
        }
        if !row.subject.is_empty() {
            label(ui, theme.body, theme.text_2, &row.subject);
        }
    });
}

fn note(ui: &mut Ui, theme: &Theme, row: &Row) {
    let note = row.note();
    if !note.is_empty() {
        label(ui, theme.meta, theme.text_3, &note);
    }
}

/// A word that stands out.
fn chip(ui: &mut Ui, theme: &Theme, word: &str) {
    let galley = line(ui, theme.meta, theme.text_2, word, ui.available_width());
    let size = galley.size() + vec2(16.0, 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    ui.painter()
        .rect_filled(rect, rect.height() / 2.0, theme.hover);
    let at = rect.min + vec2(8.0, 2.0);
    ui.painter().galley(at, galley, theme.text_2);
}

/// How much room they take.
fn items_width(ui: &Ui, theme: &Theme, items: &Items) -> f32 {
    let width = |token, text: &str| line(ui, token, theme.text, text, f32::INFINITY).size().x;
    match items {
        Items::None => 0.0,
        Items::Word(word) => width(theme.meta, word) + 16.0,
        Items::Menu(_) => 32.0,
        Items::Buttons(items) => {
            let wide = |item: &Item| width(theme.body.bold(), &item.text) + 2.0 * space::L;
            items.iter().map(wide).sum()
        }
    }
}

fn items(ui: &mut Ui, theme: &Theme, row: &Row) -> Option<Deed> {
    match &row.items {
        Items::None => None,
        Items::Word(word) => {
            chip(ui, theme, word);
            None
        }
        Items::Menu(items) => {
            let name = format!("What to do with {}", row.title);
            let button = icon_button(ui, theme, Icon::More, &name);
            opens_menu(&button);
            let chosen = menu(theme, &button, &name, items)?;
            items.get(chosen).map(|item| item.deed.clone())
        }
        Items::Buttons(items) => {
            let mut clicked = |item: &&Item| button(ui, theme, item.weight, &item.text).clicked();
            // All are shown, whichever is pressed.
            let pressed: Vec<&Item> = items.iter().filter(&mut clicked).collect();
            pressed.first().map(|item| item.deed.clone())
        }
    }
}
