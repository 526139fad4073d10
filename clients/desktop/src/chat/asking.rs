//! What buttons and menus do: requests that are sent at once, and what comes after them.

use std::collections::HashMap;

use client::present::membership;
use client::present::sheet::{Deed, Next, Request};
use client::{Change, Command, Ticket};
use eframe::egui;
use shared::account::ChangeProfile;
use shared::room::RoomKind;
use shared::{ClientFrame, FileId, RequestId};

use super::{Chat, Dialog, Wish};
use crate::settings::Settings;

/// Requests whose answers are on their way.
#[derive(Default)]
pub(super) struct Asking {
    waiting: HashMap<RequestId, Request>,
}

impl Chat {
    /// Takes in the answers.
    pub(super) fn answered(&mut self, changes: &[Change]) {
        for change in changes {
            let Some((request_id, answer)) = change.answer() else {
                continue;
            };
            let Some(request) = self.asking.waiting.remove(&request_id) else {
                continue;
            };
            match answer {
                Ok(answer) => {
                    let next = request.next(&answer);
                    self.done(next);
                }
                Err(error) => self.toasts.say(error.message),
            }
        }
    }

    /// Takes in whether there is an account now.
    pub(super) fn look_after_membership(&mut self) {
        let told = self.membership.as_ref();
        let Some(told) = told.and_then(|told| told.try_recv().ok()) else {
            return;
        };
        self.membership = None;
        match (told, &mut self.page) {
            (Ok(()), _) => self.done(Some(Next::Say(membership::DONE.into()))),
            (Err(error), Some(page)) => page.refuse_account(&error),
            (Err(error), None) => self.toasts.say(error.message),
        }
    }

    /// A request succeeded: what is shown of the server may be another, and this comes after it.
    pub(super) fn done(&mut self, next: Option<Next>) {
        self.dialogs.reload();
        if let Some(page) = &mut self.page {
            page.reload();
        }
        self.wishes
            .borrow_mut()
            .extend(next.map(|next| Wish::Follow(Box::new(next))));
    }

    pub(super) fn perform(&mut self, ctx: &egui::Context, deed: Deed) {
        match deed {
            Deed::Ask(sheet) => self.dialogs.open(Dialog::Sheet(sheet)),
            Deed::Send(request) => self.send(request),
            // Only panels have pages.
            Deed::Turn(_) => {}
            Deed::Open(room_id) => self.wishes.borrow_mut().push(Wish::Go(room_id)),
            Deed::AddPeople(room_id) => self.dialogs.open(Dialog::PickPeople(Some(room_id))),
            Deed::Show(topic) => self.dialogs.open(Dialog::Panel(topic)),
            Deed::Copy(text) => {
                ctx.copy_text(text);
                self.toasts.say("Copied.".to_owned());
            }
            Deed::Save(file) => self.wishes.borrow_mut().push(Wish::Save(*file)),
            Deed::CopyLink(file) => self.wishes.borrow_mut().push(Wish::CopyLink(*file)),
        }
    }

    /// Makes a file that is on the server one's picture, or has none any more.
    pub(super) fn change_portrait(&mut self, avatar: Option<FileId>) {
        let change = ClientFrame::ChangeProfile(ChangeProfile {
            remove_avatar: avatar.is_none(),
            avatar,
            ..ChangeProfile::default()
        });
        self.send(Request::new(change));
    }

    fn send(&mut self, request: Request) {
        let command = Command::Ask(Box::new(request.frame.clone()));
        match self.session.handle.command(command) {
            Ok(Ticket::Request(request_id)) => {
                self.asking.waiting.insert(request_id, request);
            }
            Ok(Ticket::Done | Ticket::Message(_) | Ticket::Upload(_) | Ticket::Download(_)) => {}
            Err(error) => self.toasts.say(error.reply().message),
        }
    }

    pub(super) fn follow(&mut self, next: Next, settings: &mut Settings) {
        match next {
            Next::Say(text) => self.toasts.say(text),
            Next::Open(room_id) => {
                self.dialogs.close();
                self.go(room_id, settings);
                self.focus();
            }
            Next::OpenLobby => {
                let lobby = self.session.handle.with_view(|view| {
                    let mut rooms = view.rooms.values();
                    let lobby = rooms.find(|room| room.info.kind == RoomKind::Lobby);
                    lobby.map(|room| room.info.room_id)
                });
                if let Some(room_id) = lobby {
                    self.go(room_id, settings);
                    self.focus();
                }
            }
            Next::Reveal(mut reveal) => {
                if reveal.is_link {
                    reveal.value = self.page_address_of(&reveal.value);
                }
                self.dialogs.open(Dialog::Reveal(reveal));
            }
            Next::Ask(sheet) => self.dialogs.open(Dialog::Sheet(sheet)),
            Next::Do(command) => {
                // Refused only while offline, after which all is asked for anew.
                let _ = self.session.handle.command(command);
            }
        }
    }
}
