//! By whatever Windows and macOS have for it, which tell nothing of clicks.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};

use client::present::news::Notice;
use eframe::egui;
use notify_rust::Notification;
use shared::RoomId;
use tokio::runtime;

use super::Announce;

/// The desktop's centre for notices.
pub(crate) struct Desktop {
    notices: Sender<Notice>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Desktop {
    pub(crate) fn new(_: &runtime::Handle, _: egui::Context) -> Self {
        let (notices, received) = mpsc::channel::<Notice>();
        let trouble = Arc::new(Mutex::new(None));
        let told = trouble.clone();
        // Showing one may take its time. Where no thread can be had, none is shown.
        let _ = std::thread::Builder::new()
            .name("notices".to_owned())
            .spawn(move || {
                for notice in received {
                    let shown = Notification::new()
                        .appname("Chinwag")
                        .summary(&notice.title)
                        .body(&notice.text)
                        .show();
                    let trouble = shown.err().map(|error| error.to_string());
                    *told.lock().expect("nobody panics while holding it") = trouble;
                }
            });
        Self { notices, trouble }
    }
}

impl Announce for Desktop {
    fn show(&mut self, notice: Notice) {
        // Refused only without the thread.
        let _ = self.notices.send(notice);
    }

    fn withdraw(&mut self, _: RoomId) {}

    fn chosen(&mut self) -> Vec<RoomId> {
        Vec::new()
    }

    fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.expect("nobody panics while holding it").clone()
    }
}
