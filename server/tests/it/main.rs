//! The server over real sockets: lines typed into TCP, WebSocket messages, and both in one room.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod account;
mod accounts;
mod admin_requests;
mod admins;
mod backup;
mod chat;
mod command;
mod cookies;
mod deadlines;
mod export;
mod files;
mod files_host;
mod flood;
mod fsck;
mod headers;
mod hostile;
mod hostile_names;
mod http;
mod kill;
mod large;
mod limits;
mod links;
mod links_access;
mod manage;
mod mentions;
mod operator;
mod origins;
mod peer;
mod permissions;
mod presence;
mod profiles;
mod rate;
mod read_markers;
mod refusals;
mod removal;
mod reports;
mod resync;
mod retention;
mod secure;
mod sessions;
mod tls;
mod tls_deadlines;
mod tls_files;
mod tls_http;
