//! The text of a message: it grows with it, and scrolls where it would take too much room.

use eframe::egui::{
    Frame, Id, Key, KeyboardShortcut, Margin, Modifiers, Rect, Response, ScrollArea, TextEdit, Ui,
    UiBuilder, vec2,
};

use crate::theme::Theme;

/// More lines scroll.
const LINES_MAX: usize = 8;
/// Above and below the text, and beside it.
const PADDING: (i8, i8) = (7, 4);

/// How high the field is with this text.
pub(super) fn height(ui: &Ui, theme: &Theme, text: &str, width: f32) -> f32 {
    let width = width - 2.0 * f32::from(PADDING.1);
    let galley = ui
        .painter()
        .layout(text.to_owned(), theme.body.font(), theme.text, width);
    let lines = galley.rows.len().clamp(1, LINES_MAX);
    lines as f32 * theme.body.line_height + 2.0 * f32::from(PADDING.0)
}

/// The field, in `rect`. Enter is left to others: Shift with Enter breaks the line.
pub(super) fn show(
    ui: &mut Ui,
    theme: &Theme,
    rect: Rect,
    (id, blinks): (Id, bool),
    text: &mut String,
    room: &str,
) -> Response {
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect));
    let row_height = ui.fonts_mut(|fonts| fonts.row_height(&theme.body.font()));
    ui.spacing_mut().extra_text_line_spacing = theme.body.line_height - row_height;
    ui.visuals_mut().text_cursor.blink = blinks;
    let break_line = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
    let area = ScrollArea::vertical().id_salt(id).max_height(rect.height());
    let response = area.show(&mut ui, |ui| {
        let field = TextEdit::multiline(text)
            .id(id)
            .hint_text(format!("Message {room}"))
            .font(theme.body.font())
            .frame(Frame::new().inner_margin(Margin::symmetric(PADDING.1, PADDING.0)))
            .desired_rows(1)
            .desired_width(f32::INFINITY)
            .min_size(vec2(0.0, rect.height()))
            .return_key(break_line);
        ui.add(field)
    });
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_label(format!("Message to {room}"));
    });
    response.inner
}
