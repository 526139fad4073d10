//! What is on the screen, one component a file. Pages read contexts; the rest take props and callbacks.
//!
//! - `app` chooses between `welcome` and `shell`, which lays out `sidebar`, `room_pane`, `details` and `pages`
//! - `timeline` and `composer` are the two halves of a room; `attachments`, `arriving_card` and `upload_card` show files
//! - `dialog` and what it is for: `jump`, `browse`, `pick_people`, `secret`, `confirm`
//! - `form`: fields; `sheet`: a request that a form makes, in a dialog or on a page; `make_account`: a guest's
//! - `menu`, `list`: what is to be done with something, and many things
//! - `hooks`: how a component follows the core; `request`: how it asks the server; `panel`: what it shows of answers

mod absent;
pub(crate) mod app;
mod arriving_card;
mod attachments;
mod avatar;
mod browse;
mod composer;
mod confirm;
mod connection_bar;
mod copy_button;
mod details;
mod dialog;
mod drop_target;
mod form;
mod hooks;
mod icon;
mod image;
mod invitation;
mod jump;
mod lightbox;
mod list;
mod make_account;
mod menu;
mod pages;
mod panel;
mod person_item;
mod pick_people;
mod picture;
mod player;
mod presence;
mod qr;
mod request;
mod room_head;
mod room_list;
mod room_pane;
mod secret;
mod sheet;
mod shell;
mod sidebar;
mod text_preview;
mod timeline;
mod toasts;
mod typing_line;
mod upload_card;
mod welcome;
mod you_menu;
