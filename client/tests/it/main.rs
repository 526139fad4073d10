//! The core against a simulated server, in virtual time.

#![allow(clippy::unwrap_used)]

mod arriving;
mod connection;
mod downloads;
mod entry;
mod faults;
mod inquiry;
mod outbox;
mod posting;
mod random;
mod reading;
mod rooms;
mod session;
mod uploads;
mod world;
