//! The Chinwag server: rooms as logs in SQLite, pushed to browsers over WebSocket and to native clients over
//! newline-delimited JSON on TCP.
//!
//! `listen` accepts → `transport` cuts bytes into frames → `connection` serves a peer → `store` keeps, and its
//! writer tells `hub`, which rings the connections that are owed something. `page` is the embedded browser app; `admin`
//! is what whoever runs the server does besides serving.

use std::time::{SystemTime, UNIX_EPOCH};

use shared::TimestampMs;

pub mod admin;
mod administration;
mod admission;
mod blobs;
pub mod config;
mod connection;
mod error;
mod files;
pub mod hub;
pub mod listen;
mod lock;
mod marks;
mod markup;
pub mod metrics;
mod names;
mod network;
mod operator;
pub mod page;
mod passwords;
mod payloads;
pub mod store;
pub mod system;
pub mod throttle;
pub mod thumbnail;
mod tls;
mod totp;
mod transport;
mod web;
mod wire;

pub use blobs::OpenUploadsError;
pub use config::{Config, ConfigError, Invocation};
pub use listen::{Server, StartError};
pub use tls::{AuthorityError, IdentityError, OpenTlsError, SelfSignedError};

/// The wall clock.
pub(crate) fn now_ms() -> TimestampMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    TimestampMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
