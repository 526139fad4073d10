//! `chinwag-desktop`: Chinwag in a window of its own, over native TCP.
//!
//! - `app`: what the window shows: `connect` (to which server, under which name) or `chat` (being signed in)
//! - `session`: the client core's driver, and what changed; `settings`: what is remembered between runs
//! - `theme`: colours, fonts and icons; `widgets`: small parts that are used in many places
//! - `clipboard`: files that were copied; `system`: what the window asks of the desktop around it
//!
//! A library, so that tests drive it without a window.

mod app;
mod chat;
mod clipboard;
mod connect;
mod session;
mod settings;
mod system;
mod theme;
mod widgets;

pub use app::{App, Options, RunError, run};
pub use client::present::news::Notice;
pub use system::announce::Announce;
