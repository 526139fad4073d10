//! The window as people use it, against a real server, by what it tells assistive technology.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod compose;
mod connect;
mod files;
mod keys;
mod notes;
mod notices;
mod peer;
mod people;
mod program;
mod rooms;
mod settings;
mod talk;
mod timeline;
mod tls;
mod voice;
mod window;
