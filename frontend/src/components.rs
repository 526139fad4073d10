//! What is on the screen, one component a file. Pages read contexts; the rest take props and callbacks.
//!
//! - `app` chooses between `welcome` and `shell`, which lays out `sidebar`, `room_pane` and `details`
//! - `timeline` and `composer` are the two halves of a room; `attachments` and `upload_card` show files
//! - `dialog` and what it is for: `jump`, `browse`, `create_room`, `confirm`
//! - `hooks`: how a component follows the core

mod absent;
pub(crate) mod app;
mod attachments;
mod avatar;
mod browse;
mod composer;
mod confirm;
mod connection_bar;
mod copy_button;
mod create_room;
mod details;
mod dialog;
mod drop_target;
mod hooks;
mod icon;
mod jump;
mod room_head;
mod room_list;
mod room_pane;
mod shell;
mod sidebar;
mod timeline;
mod toasts;
mod typing_line;
mod upload_card;
mod welcome;
