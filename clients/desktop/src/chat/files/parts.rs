//! What cards are made of. Everything has its place given, so that a card is as high as was said beforehand.

use client::present::format::middle;
use client::present::icon::Icon;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Color32, FontId, Rect, Response, RichText, Sense, Stroke, StrokeKind, TextureHandle, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::theme::{TextToken, Theme, icons};
use crate::widgets::inner_focus_ring;

/// Of the kind's icon or the small picture.
pub(super) const TILE: f32 = 40.0;
/// Between a card's edge and what is in it, the line included.
pub(super) const PADDING: f32 = 9.0;
const QUIET_HEIGHT: f32 = 28.0;

/// The card itself.
pub(super) fn card(ui: &Ui, theme: &Theme, rect: Rect, line: Color32) {
    let stroke = Stroke::new(1.0, line);
    ui.painter().rect(
        rect,
        theme.radius_card,
        theme.surface,
        stroke,
        StrokeKind::Inside,
    );
}

/// The kind of a file, or how it looks.
pub(super) fn tile(
    ui: &Ui,
    theme: &Theme,
    rect: Rect,
    icon: Icon,
    picture: Option<&TextureHandle>,
) {
    match picture {
        Some(texture) => picture_over(ui, rect, theme.radius, texture),
        None => {
            ui.painter()
                .rect_filled(rect, theme.radius, theme.accent_soft);
            icons::paint(ui.painter(), rect, 20.0, icon, theme.accent_text);
        }
    }
}

/// The middle of a picture, over all of the place.
pub(super) fn picture_over(ui: &Ui, rect: Rect, radius: f32, texture: &TextureHandle) {
    let size = texture.size_vec2();
    let scale = (rect.width() / size.x).max(rect.height() / size.y);
    let part = rect.size() / (size * scale);
    let uv = Rect::from_center_size(pos2(0.5, 0.5), part);
    paint_picture(ui, rect, radius, texture, uv);
}

/// The whole picture, as large as fits; never enlarged beyond `scale_max`. Where it lies.
pub(super) fn picture_within(
    ui: &Ui,
    rect: Rect,
    radius: f32,
    texture: &TextureHandle,
    scale_max: f32,
) -> Rect {
    let rect = place_within(rect, texture.size_vec2(), scale_max);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    paint_picture(ui, rect, radius, texture, uv);
    rect
}

/// Where something of this size lies in the middle of `rect`.
pub(super) fn place_within(rect: Rect, size: Vec2, scale_max: f32) -> Rect {
    let scale = (rect.width() / size.x).min(rect.height() / size.y);
    Rect::from_center_size(rect.center(), size * scale.min(scale_max))
}

fn paint_picture(ui: &Ui, rect: Rect, radius: f32, texture: &TextureHandle, uv: Rect) {
    let shape = egui::epaint::RectShape::filled(rect, radius, Color32::WHITE);
    ui.painter().add(shape.with_texture(texture.id(), uv));
}

/// A name on one line, cut in its middle where it is too long.
pub(super) fn name(ui: &mut Ui, rect: Rect, name: &str, font: FontId, colour: Color32) {
    let cut = cut_to(ui, name, &font, rect.width());
    let text = RichText::new(&cut).font(font).color(colour);
    let response = line(ui, rect, text);
    if cut != name {
        response
            .on_hover_text(name)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    }
}

/// The name, cut so that it fits.
fn cut_to(ui: &Ui, name: &str, font: &FontId, width: f32) -> String {
    let measure = |text: &str| {
        let galley = ui
            .painter()
            .layout_no_wrap(text.to_owned(), font.clone(), Color32::WHITE);
        galley.size().x
    };
    let mut cut = name.to_owned();
    let mut chars = name.chars().count();
    // Each round leaves off what is too much if letters were all as wide as these are on average.
    loop {
        let measured = measure(&cut);
        if measured <= width || chars <= 4 {
            return cut;
        }
        let fitting = (chars as f32 * width / measured) as usize;
        chars = fitting.clamp(4, chars - 1);
        cut = middle(name, chars);
    }
}

/// Text on one line, cut at its end where it is too long, and then whole under the pointer.
pub(super) fn line(ui: &mut Ui, rect: Rect, text: RichText) -> Response {
    within(ui, rect, |ui| {
        ui.add(egui::Label::new(text).truncate().selectable(false))
    })
}

/// Text on as many lines as there is room for.
pub(super) fn lines(ui: &mut Ui, rect: Rect, text: &str, token: TextToken, colour: Color32) {
    let whole = text;
    let mut job =
        egui::text::LayoutJob::simple(text.to_owned(), token.font(), colour, rect.width());
    job.wrap.max_rows = (rect.height() / token.line_height).max(1.0) as usize;
    job.wrap.overflow_character = Some('…');
    within(ui, rect, |ui| {
        let response = ui.add(egui::Label::new(job).selectable(false));
        response
            .on_hover_text(whole)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, whole));
    });
}

/// How far it is, for eyes and for assistive technology.
pub(super) fn bar(ui: &mut Ui, theme: &Theme, rect: Rect, name: &str, done: u64, size: u64) {
    let share = (done as f32 / size.max(1) as f32).clamp(0.0, 1.0);
    ui.painter().rect_filled(rect, 1.5, theme.hover);
    let mut filled = rect;
    filled.set_width(rect.width() * share);
    ui.painter().rect_filled(filled, 1.5, theme.accent);
    let response = ui.interact(rect, ui.scope_id().with("progress"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_numeric_value(f64::from((share * 100.0).floor()));
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(100.0);
    });
}

/// Something in a place that is given.
pub(super) fn within<T>(ui: &mut Ui, rect: Rect, add: impl FnOnce(&mut Ui) -> T) -> T {
    let mut inner = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .id_salt(rect.min.to_vec2().to_string()),
    );
    inner.set_clip_rect(inner.clip_rect().intersect(rect.expand(2.0)));
    add(&mut inner)
}

/// A button that is an icon, words, or both, without a ground of its own.
pub(super) struct Quiet<'a> {
    pub(super) icon: Option<Icon>,
    pub(super) words: Option<&'a str>,
    /// For assistive technology, and under the pointer where there are no words.
    pub(super) name: String,
}

impl Quiet<'_> {
    pub(super) fn width(&self, ui: &Ui, theme: &Theme) -> f32 {
        let icon = self.icon.map_or(0.0, |_| 16.0);
        let words = self.words.map_or(0.0, |words| text_width(ui, theme, words));
        let gap = match (self.icon, self.words) {
            (Some(_), Some(_)) => 6.0,
            (Some(_), None) | (None, Some(_)) | (None, None) => 0.0,
        };
        icon + gap + words + 16.0
    }

    /// Its left edge is at `left`, its middle on the line `middle`.
    pub(super) fn show(&self, ui: &mut Ui, theme: &Theme, left: f32, middle: f32) -> Response {
        let size = vec2(self.width(ui, theme), QUIET_HEIGHT);
        let rect = Rect::from_min_size(pos2(left, middle - QUIET_HEIGHT / 2.0), size);
        let response = ui.interact(rect, ui.scope_id().with(&self.name), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &self.name));
        let active = response.hovered() || response.has_focus();
        let colour = if active { theme.text } else { theme.text_2 };
        if active {
            ui.painter().rect_filled(rect, theme.radius, theme.hover);
        }
        inner_focus_ring(ui, theme, &response);
        let mut at = rect.left() + 8.0;
        if let Some(icon) = self.icon {
            let place = Rect::from_center_size(pos2(at + 8.0, middle), Vec2::splat(16.0));
            icons::paint(ui.painter(), place, 16.0, icon, colour);
            at += 22.0;
        }
        if let Some(words) = self.words {
            let font = theme.secondary.font();
            let align = egui::Align2::LEFT_CENTER;
            ui.painter()
                .text(pos2(at, middle), align, words, font, colour);
            response
        } else {
            response.on_hover_text(&self.name)
        }
    }
}

fn text_width(ui: &Ui, theme: &Theme, text: &str) -> f32 {
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), theme.secondary.font(), theme.text_2);
    galley.size().x.ceil()
}
