//! `chinwag post`.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use client::{Command, Delivery, PendingAttachment, Ticket};
use serde_json::json;
use shared::{RoomId, Sequence, TransactionId};

use crate::arguments::{Global, Post};
use crate::commands::who::room_name;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Keeping, Session};
use crate::transfer;

pub(crate) async fn run(global: &Global, post: Post, output: &mut Output) -> Result<(), Failure> {
    let files = transfer::find(&post.attach)?;
    let text = if post.text.is_empty() && files.is_empty() {
        tokio::task::spawn_blocking(|| read_text(io::stdin()))
            .await
            .map_err(|error| Failure::failed(error.to_string()))??
    } else {
        post.text.join(" ")
    };
    if text.trim().is_empty() && files.is_empty() {
        return Err(Failure::usage(
            "there is nothing to post; give a text or write it to standard input",
        ));
    }
    let keeping = Keeping::Passing(transfer::sources(&files));
    let mut session = Session::open(global, keeping, output).await?;
    let room_id = session.enter(output, &post.room, post.create).await?;
    let upload_ids = transfer::begin(&session, &files, output)?;
    let attachments = transfer::attachments(&upload_ids);
    let accepted = send(&mut session, room_id, text, attachments, output).await?;
    transfer::finish(&mut session, &upload_ids, output).await?;
    accepted.tell(&session, output)?;
    session.close().await
}

/// All of standard input, but not more than any server would take.
fn read_text(stdin: io::Stdin) -> Result<String, Failure> {
    const BYTES_MAX: u64 = 1 << 20;
    if stdin.is_terminal() {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(
            io::stderr(),
            "Type the message; Ctrl-D on an empty line ends it."
        );
    }
    let mut bytes = Vec::new();
    let read = stdin.lock().take(BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::failed(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure::usage(
            "this is too long for a message; send it as a file",
        ));
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

/// A message that is on the server's disk.
pub(crate) struct Accepted {
    room_id: RoomId,
    transaction_id: TransactionId,
    /// In its room's log; `None` where the log was replaced meanwhile.
    sequence: Option<Sequence>,
}

impl Accepted {
    /// Says so to programs.
    pub(crate) fn tell(&self, session: &Session, output: &mut Output) -> Result<(), Failure> {
        let room = room_name(session, self.room_id);
        output.object(
            "message_accepted",
            json!({
                "room": room, "room_id": self.room_id,
                "transaction_id": self.transaction_id, "sequence": self.sequence,
            }),
        )
    }
}

/// Sends a message and waits until it is acknowledged.
pub(crate) async fn send(
    session: &mut Session,
    room_id: RoomId,
    text: String,
    attachments: Vec<PendingAttachment>,
    output: &mut Output,
) -> Result<Accepted, Failure> {
    let command = Command::SendMessage {
        room_id,
        text,
        attachments,
    };
    let Ticket::Message(transaction_id) = session.handle.command(command)? else {
        return Err(Failure::failed("the message was not taken"));
    };
    session.wait(true);
    loop {
        if let Some(acknowledged) = acknowledged(session, room_id, transaction_id)? {
            return Ok(acknowledged);
        }
        let changed = session.changed(output).await;
        changed.map_err(|failure| {
            let failure = transfer::with_trouble(session, failure);
            Failure {
                message: format!("the message was not acknowledged: {}", failure.message),
                ..failure
            }
        })?;
    }
}

/// `None` while nobody knows.
pub(crate) fn acknowledged(
    session: &Session,
    room_id: RoomId,
    transaction_id: TransactionId,
) -> Result<Option<Accepted>, Failure> {
    session.handle.with_view(|view| {
        let mut pending = view.pending(room_id);
        let sequence = match pending.find(|message| message.transaction_id == transaction_id) {
            Some(message) => match &message.delivery {
                Delivery::Queued | Delivery::Sent { .. } => return Ok(None),
                Delivery::Accepted { sequence } => Some(*sequence),
                Delivery::Failed { code, reason } => {
                    return Err(Failure::by_code(Some(*code), reason.clone()));
                }
            },
            // What left the outbox unasked is in the timeline.
            None => view.rooms.get(&room_id).and_then(|room| {
                let mut events = room.timeline.events().rev();
                let own = events.find(|event| event.event.transaction_id() == Some(transaction_id));
                own.map(|event| event.sequence)
            }),
        };
        Ok(Some(Accepted {
            room_id,
            transaction_id,
            sequence,
        }))
    })
}
