//! The client core: a state machine without input or output that every client drives.
//!
//! Inputs and the time go in, outputs come out. The driver owns the socket, the clock and the storage:
//!
//! 1. call [`Client::command`] or [`Client::handle_input`];
//! 2. carry out [`Client::poll_output`] until it is `None`, in order, each before the next: what
//!    [`Output::Persist`] holds must be stored before the [`Output::Send`] after it is written;
//! 3. give [`Input::Timeout`] when [`Client::poll_timeout`] is reached.
//!
//! Time never goes back: the driver takes the wall clock once and adds a monotonic clock to it. After
//! [`Output::Disconnect`] and after [`Input::Disconnected`] nothing more of that connection may be reported.
//!
//! - `api`: what goes in and out; `view`: what a screen shows; `snapshot`: what outlives the process
//! - `connection`: reconnecting and heartbeat; `timeline`: a room's events; `outbox`: unsent messages
//! - `transfer`: files on their way; `reading`: what is read and unread
//! - `present`: what every screen makes of the view in the same way
//! - `client`: ties them together, with what a person asks for below it; `receive`: what each frame does;
//!   `happened`: what the events of a log mean for its room

mod api;
mod client;
mod connection;
mod happened;
mod outbox;
pub mod present;
mod reading;
mod receive;
mod snapshot;
mod timeline;
mod transfer;
mod view;

pub use api::{Answer, Change, Command, CommandError, Config, Entry, Input, Output, Ticket};
pub use client::Client;
pub use connection::ConnectionState;
pub use outbox::{Delivery, Outbox, PendingMessage};
pub use snapshot::Snapshot;
pub use timeline::{Gap, Timeline};
pub use transfer::{
    ChunkError, ChunkRequest, ChunkWrite, DescriptionError, Download, DownloadId, DownloadPhase,
    DownloadPlan, PendingAttachment, Progress, StoredDownload, StoredUpload, Upload, UploadPhase,
};
pub use view::{Members, Presence, Room, View};
