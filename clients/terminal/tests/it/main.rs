//! `chinwag` as people and scripts run it, against a real server.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod accounts;
mod chat;
mod failures;
mod files;
mod lists;
mod program;
mod python;
mod rooms;
mod tls;
mod totp;
mod trust;
mod typed;
