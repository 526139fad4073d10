//! By D-Bus, as desktops of Linux have it.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use client::present::news::Notice;
use eframe::egui;
use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse};
use shared::RoomId;
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::Announce;

/// The desktop's service for notices.
pub(crate) struct Desktop {
    orders: UnboundedSender<Order>,
    chosen: Receiver<RoomId>,
    trouble: Arc<Mutex<Option<String>>>,
}

enum Order {
    Show(Notice),
    Withdraw(RoomId),
}

impl Desktop {
    /// The window is drawn again when a notice is clicked.
    pub(crate) fn new(runtime: &runtime::Handle, ctx: egui::Context) -> Self {
        let (orders, received) = unbounded_channel();
        let (clicks, chosen) = mpsc::channel();
        let trouble = Arc::new(Mutex::new(None));
        let service = Service {
            clicks: Clicks { clicks, ctx },
            shown: HashMap::new(),
            markup: None,
            trouble: trouble.clone(),
        };
        runtime.spawn(service.serve(received));
        Self {
            orders,
            chosen,
            trouble,
        }
    }

    fn order(&self, order: Order) {
        // Refused only while the program ends.
        let _ = self.orders.send(order);
    }
}

impl Announce for Desktop {
    fn show(&mut self, notice: Notice) {
        self.order(Order::Show(notice));
    }

    fn withdraw(&mut self, room_id: RoomId) {
        self.order(Order::Withdraw(room_id));
    }

    fn chosen(&mut self) -> Vec<RoomId> {
        self.chosen.try_iter().collect()
    }

    fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock();
        trouble.expect("nobody panics while holding it").clone()
    }
}

#[derive(Clone)]
struct Clicks {
    clicks: Sender<RoomId>,
    ctx: egui::Context,
}

/// A notice that the desktop shows, or did.
struct Shown {
    handle: Arc<NotificationHandle>,
    waiter: JoinHandle<()>,
}

struct Service {
    clicks: Clicks,
    shown: HashMap<RoomId, Shown>,
    /// Whether the text is read as markup; asked for before the first notice.
    markup: Option<bool>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Service {
    async fn serve(mut self, mut orders: UnboundedReceiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Show(notice) => self.show(notice).await,
                Order::Withdraw(room_id) => {
                    if let Some(shown) = self.shown.remove(&room_id) {
                        shown.waiter.abort();
                        shown.handle.close_async().await;
                    }
                }
            }
        }
    }

    async fn show(&mut self, notice: Notice) {
        let room_id = notice.room_id;
        let last = self.shown.remove(&room_id);
        if let Some(last) = &last {
            last.waiter.abort();
        }
        let markup = match self.markup {
            Some(markup) => markup,
            None => self.ask_for_markup().await,
        };
        let mut notification = Notification::new();
        notification
            .appname("Chinwag")
            .summary(&notice.title)
            .body(&match markup {
                true => escaped(&notice.text),
                false => notice.text,
            })
            .hint(Hint::DesktopEntry("chinwag-desktop".to_owned()))
            .hint(Hint::Category("im.received".to_owned()))
            .action("default", "Open");
        if let Some(last) = last {
            notification.id(last.handle.id());
        }
        let shown = notification.show_async().await;
        let trouble = shown.as_ref().err().map(ToString::to_string);
        *self.trouble.lock().expect("nobody panics while holding it") = trouble;
        if let Ok(handle) = shown {
            let handle = Arc::new(handle);
            let waiter = tokio::spawn(wait(handle.clone(), room_id, self.clicks.clone()));
            self.shown.insert(room_id, Shown { handle, waiter });
        }
    }

    async fn ask_for_markup(&mut self) -> bool {
        let capabilities = tokio::task::spawn_blocking(notify_rust::get_capabilities).await;
        let markup = capabilities.ok().and_then(|capabilities| {
            let capabilities = capabilities.ok()?;
            Some(capabilities.iter().any(|one| one == "body-markup"))
        });
        // A service that does not answer now may do so the next time.
        self.markup = markup;
        markup.unwrap_or_default()
    }
}

async fn wait(handle: Arc<NotificationHandle>, room_id: RoomId, clicks: Clicks) {
    let mut clicked = false;
    let take = |response: &NotificationResponse| {
        clicked = matches!(response, NotificationResponse::Default);
    };
    handle.wait_for_action_async(take).await;
    if clicked && clicks.clicks.send(room_id).is_ok() {
        clicks.ctx.request_repaint();
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;")
}
