//! The core against a simulated server, in virtual time.

#![allow(clippy::unwrap_used)]

mod downloads;
mod faults;
mod random;
mod uploads;
mod world;
