//! What is below a message that no server has yet: why it waits, or why it failed and what can be done.

use client::present::format::sentence;
use client::present::icon::Icon;
use client::present::rows::Row;
use client::{Command, Delivery, PendingMessage};
use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    Color32, Context, CornerRadius, CursorIcon, Rect, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use shared::TimestampMs;

use super::layout::uploads;
use crate::chat::Env;
use crate::theme::{Theme, icons, regular, semibold, space};

/// What is quick needs no clock.
const QUIET_MS: u64 = 300;
const WAITS: f32 = 18.0;
const BUTTONS: f32 = 22.0;
/// An icon and the space after it.
const ICON: f32 = 22.0;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Foot {
    None,
    /// Too short to be shown; in so many milliseconds it is not any more.
    Soon(u64),
    Waits(String),
    /// The reason, and how high it is.
    Failed(String, f32),
}

impl Foot {
    /// `why` a message waits, without and with files.
    pub(super) fn of(
        ctx: &Context,
        theme: &Theme,
        row: &Row,
        why: &[String; 2],
        now: TimestampMs,
        width: f32,
    ) -> Self {
        let Row::Pending { message, .. } = row else {
            return Self::None;
        };
        if let Delivery::Failed { reason, .. } = &message.delivery {
            let reason = format!("Not sent. {}", sentence(reason));
            let job = failure(theme, &reason, width);
            let height = ctx.fonts_mut(|fonts| fonts.layout_job(job)).size().y;
            return Self::Failed(reason, height);
        }
        let waited = now.since_ms(message.written_at_ms);
        match QUIET_MS.checked_sub(waited) {
            Some(left) if left > 0 => Self::Soon(left),
            Some(_) | None => {
                let has_uploads = !uploads(&message.attachments).is_empty();
                Self::Waits(why[usize::from(has_uploads)].clone())
            }
        }
    }

    /// What is said of an unsent message, which is of `own` and has this name.
    pub(super) fn spoken(&self, own: &str, name: &str) -> String {
        match self {
            Self::None => name.to_owned(),
            Self::Soon(_) => format!("{own}, {name}"),
            Self::Waits(reason) | Self::Failed(reason, _) => format!("{own}, {name} ({reason})"),
        }
    }

    pub(super) fn height(&self) -> f32 {
        match self {
            Self::None | Self::Soon(_) => 0.0,
            Self::Waits(_) => WAITS,
            Self::Failed(_, height) => 2.0 + height + BUTTONS + space::XS,
        }
    }
}

fn failure(theme: &Theme, reason: &str, width: f32) -> LayoutJob {
    let format = TextFormat {
        line_height: Some(theme.secondary.line_height),
        ..TextFormat::simple(regular(theme.secondary.size), theme.danger)
    };
    let mut job = LayoutJob::single_section(reason.to_owned(), format);
    job.wrap.max_width = width - ICON;
    job
}

/// Behind an unsent message.
pub(super) fn ground(ui: &Ui, theme: &Theme, rect: Rect, foot: &Foot, hovered: bool) {
    let painter = ui.painter();
    match foot {
        Foot::Failed(..) => {
            painter.rect_filled(rect, 0.0, theme.danger_soft);
            let mut edge = rect.shrink2(vec2(0.0, 2.0));
            edge.set_width(3.0);
            let round = CornerRadius {
                ne: 2,
                se: 2,
                ..CornerRadius::ZERO
            };
            painter.rect_filled(edge, round, theme.danger);
        }
        Foot::None | Foot::Soon(_) | Foot::Waits(_) => {
            if hovered {
                painter.rect_filled(rect, 0.0, theme.row_hover);
            }
        }
    }
}

/// At the bottom of `rect`.
pub(super) fn foot(ui: &Ui, env: &Env<'_>, rect: Rect, message: &PendingMessage, foot: &Foot) {
    let theme = env.theme;
    let rect = Rect::from_min_max(
        pos2(rect.left(), rect.bottom() - 1.0 - foot.height()),
        rect.max,
    );
    let id = message.transaction_id;
    match foot {
        Foot::None | Foot::Soon(_) => {}
        Foot::Waits(why) => {
            let end = line(ui, theme, rect, Icon::Clock, 14.0, why, theme.text_3);
            let at = pos2(end + space::S + 2.0, rect.top());
            if !uploads(&message.attachments).is_empty()
                && text_button(ui, theme, at, "Delete", theme.danger, (id, "delete"))
            {
                env.run(Command::DeleteMessage { transaction_id: id });
            }
        }
        Foot::Failed(reason, height) => {
            let icon = Rect::from_min_size(rect.min + vec2(0.0, 3.0), Vec2::splat(16.0));
            icons::paint(ui.painter(), icon, 16.0, Icon::Alert, theme.danger);
            let job = failure(theme, reason, rect.width());
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            let at = rect.min + vec2(ICON, 2.0);
            ui.painter().galley(at, galley, Color32::PLACEHOLDER);
            let at = pos2(rect.left() + ICON, rect.top() + 4.0 + height);
            if text_button(ui, theme, at, "Retry", theme.accent_text, (id, "retry")) {
                env.run(Command::RetryMessage { transaction_id: id });
            }
            let at = at + vec2(52.0, 0.0);
            if text_button(ui, theme, at, "Delete", theme.danger, (id, "delete")) {
                env.run(Command::DeleteMessage { transaction_id: id });
            }
        }
    }
}

/// An icon and a text beside it. Returns where it ends.
fn line(
    ui: &Ui,
    theme: &Theme,
    rect: Rect,
    icon: Icon,
    size: f32,
    text: &str,
    colour: Color32,
) -> f32 {
    let place = Rect::from_min_size(rect.min + vec2(0.0, 1.0), Vec2::splat(size));
    icons::paint(ui.painter(), place, size, icon, colour);
    let at = pos2(place.right() + 6.0, place.center().y);
    let font = regular(theme.meta.size);
    let align = eframe::egui::Align2::LEFT_CENTER;
    ui.painter().text(at, align, text, font, colour).right()
}

/// A button that looks like a word.
fn text_button(
    ui: &Ui,
    theme: &Theme,
    at: eframe::egui::Pos2,
    name: &str,
    colour: Color32,
    salt: impl std::hash::Hash + std::fmt::Debug,
) -> bool {
    let font = semibold(theme.secondary.size);
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(name.to_owned(), font, colour));
    let rect = Rect::from_min_size(at, galley.size());
    let response = ui.interact(rect.expand(2.0), ui.unique_id().with(salt), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    ui.painter().galley(at, galley, colour);
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
        let line = Stroke::new(1.0, colour);
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 1.0, line);
    }
    if response.has_focus() {
        let ring = Stroke::new(2.0, theme.accent);
        ui.painter()
            .rect_stroke(rect.expand(2.0), 2.0, ring, StrokeKind::Outside);
    }
    response.clicked()
}
