//! The server over real sockets: lines typed into TCP, WebSocket messages, and both in one room.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod chat;
mod kill;
mod peer;
mod refusals;
