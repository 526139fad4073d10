//! What one types into.

use eframe::egui::{self, Id, Margin, Response, RichText, Stroke, TextEdit, Ui, vec2};

use crate::theme::{Theme, semibold, space};
use crate::widgets::{label, problem};

const HEIGHT: f32 = 40.0;
/// Of a field with several, at least.
const LINES: usize = 3;

/// A field with its label above and what is wrong with it below.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Field<'a> {
    pub(crate) label: &'a str,
    pub(crate) optional: bool,
    /// What is shown while it is empty.
    pub(crate) hint: &'a str,
    /// What one should know before filling it in.
    pub(crate) note: &'a str,
    pub(crate) problem: Option<&'a str>,
    /// Without it, any number.
    pub(crate) chars_max: Option<usize>,
    /// What is typed is not shown.
    pub(crate) secret: bool,
}

/// Shows the field; its id follows from `id` alone, so that it can be given the focus beforehand.
pub(crate) fn field(
    ui: &mut Ui,
    theme: &Theme,
    id: Id,
    field: Field<'_>,
    text: &mut String,
) -> Response {
    ui.scope(|ui| show(ui, theme, id, field, false, text)).inner
}

/// The same of several lines.
pub(crate) fn lines_field(
    ui: &mut Ui,
    theme: &Theme,
    id: Id,
    field: Field<'_>,
    text: &mut String,
) -> Response {
    ui.scope(|ui| show(ui, theme, id, field, true, text)).inner
}

fn show(
    ui: &mut Ui,
    theme: &Theme,
    id: Id,
    field: Field<'_>,
    lines: bool,
    text: &mut String,
) -> Response {
    let spacing = ui.spacing_mut();
    spacing.item_spacing.y = 6.0;
    // A line of text is no higher than that.
    spacing.interact_size.y = theme.secondary.line_height;
    let name = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let name = RichText::new(field.label).font(semibold(theme.secondary.size));
        let label = ui.add(egui::Label::new(name).selectable(false));
        if field.optional {
            let note = RichText::new(" (optional)").size(theme.secondary.size);
            ui.add(egui::Label::new(note.color(theme.text_3)).selectable(false));
        }
        label
    });
    let invalid = field.problem.is_some();
    let mut edit = match lines {
        true => multiline(ui, theme, id, text, invalid),
        false => edit(ui, theme, id, text, field.hint, invalid).password(field.secret),
    };
    if let Some(chars_max) = field.chars_max {
        edit = edit.char_limit(chars_max);
    }
    let response = ui.add(edit).labelled_by(name.inner.id);
    ring(ui, theme, &response);
    if invalid {
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_invalid(egui::accesskit::Invalid::True);
        });
    }
    problem(ui, theme, field.problem);
    if !invalid && !field.note.is_empty() {
        label(ui, theme.meta, theme.text_3, field.note);
    }
    ui.add_space(space::XS);
    response
}

/// A field without a label, named for those who do not see what it is for.
pub(crate) fn search(
    ui: &mut Ui,
    theme: &Theme,
    id: Id,
    (name, hint): (&str, &str),
    text: &mut String,
) -> Response {
    let edit = edit(ui, theme, id, text, hint, false);
    let response = ui.add(edit).accessible_name(name);
    ring(ui, theme, &response);
    response
}

fn edit<'a>(
    ui: &Ui,
    theme: &Theme,
    id: Id,
    text: &'a mut String,
    hint: &str,
    invalid: bool,
) -> TextEdit<'a> {
    TextEdit::singleline(text)
        .id(id)
        .hint_text(RichText::new(hint.to_owned()).color(theme.text_3))
        .frame(frame(theme, invalid, Margin::symmetric(12, 0)))
        .min_size(vec2(0.0, HEIGHT))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(ui.available_width())
}

fn multiline<'a>(
    ui: &Ui,
    theme: &Theme,
    id: Id,
    text: &'a mut String,
    invalid: bool,
) -> TextEdit<'a> {
    TextEdit::multiline(text)
        .id(id)
        .frame(frame(theme, invalid, Margin::symmetric(12, 8)))
        .desired_rows(LINES)
        .desired_width(ui.available_width())
}

fn frame(theme: &Theme, invalid: bool, inside: Margin) -> egui::Frame {
    let colour = match invalid {
        true => theme.danger,
        false => theme.line_strong,
    };
    egui::Frame::new()
        .fill(theme.surface)
        .stroke(Stroke::new(1.0, colour))
        .corner_radius(theme.radius)
        .inner_margin(inside)
}

fn ring(ui: &Ui, theme: &Theme, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, theme.accent);
        let kind = egui::StrokeKind::Outside;
        let rect = response.rect.shrink(1.0);
        ui.painter().rect_stroke(rect, theme.radius, stroke, kind);
    }
}
