//! Where one writes.

use client::{Command, PendingAttachment};
use eframe::egui::{self, Key, Ui};
use shared::{RoomId, UploadId};

use super::Env;

#[derive(Default)]
pub(super) struct Composer {
    text: String,
    uploads: Vec<UploadId>,
}

impl Composer {
    pub(super) fn focus(&mut self) {}

    /// These files go with the message.
    pub(super) fn attach(&mut self, uploads: Vec<UploadId>) {
        self.uploads.extend(uploads);
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        let field = egui::TextEdit::singleline(&mut self.text).hint_text("Message");
        let field = ui.add(field.desired_width(f32::INFINITY));
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            let uploads = std::mem::take(&mut self.uploads).into_iter();
            let attachments = uploads.map(|upload_id| PendingAttachment::Upload { upload_id });
            env.run(Command::SendMessage {
                room_id,
                text: std::mem::take(&mut self.text),
                attachments: attachments.collect(),
            });
        }
    }
}
