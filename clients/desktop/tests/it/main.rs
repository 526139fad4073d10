//! The window as people use it, against a real server, by what it tells assistive technology.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod account;
mod admin;
mod compose;
mod connect;
mod direct;
mod files;
mod keys;
mod members;
mod notes;
mod notices;
mod owner;
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
