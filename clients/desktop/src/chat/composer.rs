//! Where one writes: text, files, and the button that sends both.
//!
//! - `field`: the text; `keys`: which of them send, break the line, or begin to write

mod field;
mod keys;

use client::present::icon::Icon;
use client::present::rooms::label;
use client::present::words;
use client::{Command, PendingAttachment};
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Event, Id, Margin, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, pos2, vec2,
};
use shared::{RoomId, UploadId};

use self::keys::Keys;
use super::{Env, Wish};
use crate::theme::{icons, space};
use crate::widgets::focus_ring;

const BUTTON: f32 = 36.0;
/// Around the row of the field and its buttons.
const PADDING: f32 = 5.0;
/// Attached files beyond this height scroll.
const CHIPS_HEIGHT_MAX: f32 = 216.0;
/// The cursor stands still after so long: every change of it is a frame.
const BLINKS_SECONDS: f64 = 10.0;

/// What is being written in one room.
#[derive(Default)]
pub(super) struct Composer {
    text: String,
    uploads: Vec<UploadId>,
    keys: Keys,
    wants_focus: bool,
    /// Others were told that something is being written.
    typing: bool,
    /// A dialog lay over it.
    was_covered: bool,
    /// As last shown, in points.
    height: f32,
    /// When something was last written or began to be, by egui's clock.
    written_at: f64,
}

impl Composer {
    pub(super) fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// These files go with the message.
    pub(super) fn attach(&mut self, uploads: Vec<UploadId>) {
        self.uploads.extend(uploads);
        self.focus();
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        self.forget_cancelled(env);
        let id = Id::unique("composer").with(room_id);
        take_images(ui, env);
        let focused = self.take_focus(ui, id);
        let theme = env.theme;
        let frame = egui::Frame::new()
            .outer_margin(Margin {
                left: space::XL as i8,
                right: space::XL as i8,
                top: 0,
                bottom: space::L as i8,
            })
            .inner_margin(Margin::same(PADDING as i8))
            .corner_radius(theme.radius_card)
            .fill(theme.surface_raised);
        let sends = focused && ui.input_mut(|input| self.keys.take(&mut input.events));
        let shown = frame.show(ui, |ui| {
            self.show_chips(ui, env);
            self.show_row(ui, env, room_id, id)
        });
        let mut rect = shown.response.rect;
        if std::mem::replace(&mut self.height, rect.height()) != rect.height() {
            // What is above it has moved already by the time that anybody sees it.
            ui.ctx().request_discard("the composer has another height");
        }
        // The frame's response takes its outer margin in.
        rect.min.x += space::XL;
        rect.max -= vec2(space::XL, space::L);
        let line = if focused {
            Stroke::new(2.0, theme.accent)
        } else {
            Stroke::new(1.0, theme.line_strong)
        };
        ui.painter()
            .rect_stroke(rect, theme.radius_card, line, StrokeKind::Inside);
        if sends || shown.inner {
            self.send(env, room_id);
        }
        if self.keys.has_more() {
            ui.ctx().request_repaint();
        }
    }

    /// What was forgotten elsewhere is no longer attached.
    fn forget_cancelled(&mut self, env: &Env<'_>) {
        env.view(|view| {
            self.uploads.retain(|upload_id| {
                view.uploads.contains_key(upload_id) && !view.outbox.uses(*upload_id)
            });
        });
    }

    /// Gives the field the focus where it is wanted or where somebody begins to write. Whether it has it.
    fn take_focus(&mut self, ui: &Ui, id: Id) -> bool {
        let ctx = ui.ctx();
        let covered = ctx.memory(|memory| memory.top_modal_layer().is_some())
            || egui::Popup::is_any_open(ctx);
        let uncovered = std::mem::replace(&mut self.was_covered, covered) && !covered;
        let idle = ctx.memory(|memory| memory.focused().is_none());
        let begins =
            !ctx.text_edit_focused() && ui.input(|input| keys::begin_to_write(&input.events, idle));
        let has_focus = ctx.memory(|memory| memory.has_focus(id));
        let wanted = self.wants_focus || begins || (uncovered && idle);
        if wanted && !covered {
            self.wants_focus = false;
            if !has_focus {
                ctx.memory_mut(|memory| memory.request_focus(id));
            }
            return true;
        }
        has_focus
    }

    fn show_chips(&mut self, ui: &mut Ui, env: &Env<'_>) {
        if self.uploads.is_empty() {
            return;
        }
        let width = ui.available_width() - 2.0 * 3.0;
        let height = env.files.uploads_height(&self.uploads, width);
        let area = ScrollArea::vertical()
            .id_salt("attached")
            .max_height(CHIPS_HEIGHT_MAX);
        let cancelled = area.show(ui, |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(width, height + 3.0), Sense::hover());
            let rect = rect.translate(vec2(3.0, 3.0)).with_max_y(rect.bottom());
            env.files.show_cancellable(ui, env, rect, &self.uploads)
        });
        for upload_id in cancelled.inner {
            env.run(Command::CancelUpload { upload_id });
            self.uploads.retain(|id| *id != upload_id);
            self.focus();
        }
    }

    /// Whether it is to be sent.
    fn show_row(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId, id: Id) -> bool {
        let width = ui.available_width();
        let field_width = width - 2.0 * (BUTTON + space::XS);
        let height = field::height(ui, env.theme, &self.text, field_width).max(BUTTON);
        let (row, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        let corner =
            |left: f32| Rect::from_min_size(pos2(left, row.bottom() - BUTTON), Vec2::splat(BUTTON));
        if attach_button(ui, env, corner(row.left())).clicked() {
            env.wish(Wish::Choose);
        }
        let place = Rect::from_min_size(
            pos2(row.left() + BUTTON + space::XS, row.top()),
            vec2(field_width, height),
        );
        let name = room_name(env, room_id);
        let now = ui.input(|input| input.time);
        let blinks = now - self.written_at < BLINKS_SECONDS;
        let field = field::show(ui, env.theme, place, (id, blinks), &mut self.text, &name);
        if field.changed() || field.gained_focus() {
            self.written_at = now;
        }
        self.tell_typing(env, room_id, &field);
        let sendable = !self.text.trim().is_empty() || !self.uploads.is_empty();
        send_button(ui, env, corner(row.right() - BUTTON), sendable).clicked()
    }

    fn tell_typing(&mut self, env: &Env<'_>, room_id: RoomId, field: &Response) {
        let typing = if field.changed() {
            !self.text.trim().is_empty()
        } else {
            self.typing && field.has_focus()
        };
        if field.changed() || typing != self.typing {
            self.typing = typing;
            // Refused for a room that one is not in; then nobody is to know.
            let _ = env.handle.command(Command::SetTyping { room_id, typing });
        }
    }

    fn send(&mut self, env: &Env<'_>, room_id: RoomId) {
        let text = self.text.trim();
        if text.is_empty() && self.uploads.is_empty() {
            return;
        }
        let uploads = self.uploads.iter().copied();
        let attachments = uploads.map(|upload_id| PendingAttachment::Upload { upload_id });
        let message = Command::SendMessage {
            room_id,
            text: text.to_owned(),
            attachments: attachments.collect(),
        };
        match env.handle.command(message) {
            Ok(_) => {
                self.text.clear();
                self.uploads.clear();
                // The message ended it for everybody.
                self.typing = false;
                env.wish(Wish::JumpToLatest);
            }
            Err(error) => env.wish(Wish::Say(words::refusal(&error))),
        }
        self.focus();
    }
}

fn room_name(env: &Env<'_>, room_id: RoomId) -> String {
    let name = env.view(|view| {
        let room = view.rooms.get(&room_id);
        room.map(|room| label(&room.info))
    });
    name.unwrap_or_default()
}

/// Images of the clipboard that were pasted anywhere.
fn take_images(ui: &Ui, env: &Env<'_>) {
    if ui.ctx().memory(|memory| memory.top_modal_layer().is_some()) {
        return;
    }
    let images = ui.input(|input| {
        let events = input.events.iter();
        let images = events.filter_map(|event| match event {
            Event::PasteImage(image) => Some(image.clone()),
            _ => None,
        });
        images.collect::<Vec<_>>()
    });
    for image in images {
        env.wish(Wish::AttachImage(image));
    }
}

fn attach_button(ui: &mut Ui, env: &Env<'_>, rect: Rect) -> Response {
    let theme = env.theme;
    let response = ui.interact(rect, ui.scope_id().with("attach"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Attach files"));
    let active = response.hovered() || response.has_focus();
    let colour = if active { theme.text } else { theme.text_2 };
    if active {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    focus_ring(ui, theme, &response);
    icons::paint(ui.painter(), rect, 20.0, Icon::Attach, colour);
    response.on_hover_text("Attach files")
}

fn send_button(ui: &mut Ui, env: &Env<'_>, rect: Rect, enabled: bool) -> Response {
    let theme = env.theme;
    let mut builder = UiBuilder::new().max_rect(rect);
    if !enabled {
        builder = builder.disabled();
    }
    let ui = ui.new_child(builder);
    let response = ui.interact(rect, ui.scope_id().with("send"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, "Send"));
    let mut colour = theme.text_3;
    if enabled {
        let ground = if response.hovered() {
            theme.accent_hover
        } else {
            theme.accent
        };
        ui.painter().rect_filled(rect, theme.radius, ground);
        colour = theme.on_accent;
    }
    focus_ring(&ui, theme, &response);
    icons::paint(ui.painter(), rect, 20.0, Icon::Send, colour);
    response.on_hover_text("Send")
}
