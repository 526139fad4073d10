//! `chinwag chat`: what is said in a room, line by line, and what is typed or piped in.

mod input;
mod show;
mod slash;
pub(crate) mod terminal;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use client::{Change, Command, Delivery, Ticket, UploadPhase, present};
use shared::{ErrorCode, RoomId, TransactionId, UploadId};
use tokio::time::{Instant, timeout_at};

use crate::arguments::{Chat, Dm, Global};
use crate::commands::chat::input::{Input, Lines};
use crate::commands::chat::show::Shown;
use crate::commands::rooms::heading;
use crate::commands::{post, rooms, who};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Keeping, Session};
use crate::text;

/// How long to wait for acknowledgements before going away.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);
/// How often to tell how far an upload is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);
/// Lines that may be on their way at once.
const UNACKNOWLEDGED_MAX: usize = 64;

pub(crate) async fn run(global: &Global, chat: &Chat, output: &mut Output) -> Result<(), Failure> {
    let mut session = open(global, output).await?;
    let room_id = session.enter(output, &chat.room, chat.create).await?;
    talk(session, room_id, chat.history, chat.follow, output).await
}

/// `chinwag dm`: the same in a room of a few people.
pub(crate) async fn direct(global: &Global, dm: &Dm, output: &mut Output) -> Result<(), Failure> {
    if let Some(text) = dm.message.clone() {
        let keeping = Keeping::Passing(Vec::new());
        let mut session = Session::open(global, keeping, output).await?;
        let room_id = rooms::direct(&mut session, &dm.people, output).await?;
        let accepted = post::send(&mut session, room_id, text, Vec::new(), output).await?;
        accepted.tell(&session, output)?;
        return session.close().await;
    }
    let mut session = open(global, output).await?;
    let room_id = rooms::direct(&mut session, &dm.people, output).await?;
    talk(session, room_id, dm.history, false, output).await
}

async fn open(global: &Global, output: &mut Output) -> Result<Session, Failure> {
    let session = Session::open(global, Keeping::Whole, output).await?;
    let unsent = session
        .handle
        .with_view(|view| view.outbox.messages().len());
    if unsent > 0 {
        output.note(&format!("sending what was left unsent before ({unsent})"));
    }
    Ok(session)
}

async fn talk(
    mut session: Session,
    room_id: RoomId,
    history: u64,
    follow: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let shown = Shown::open(&mut session, room_id, history, output).await?;
    let by_hand = io::stdin().is_terminal() && io::stdout().is_terminal() && !output.is_json();
    let lines = if by_hand {
        let (lines, printer) = Lines::by_hand(prompt(&session, room_id))?;
        output.print_through(Some(printer));
        lines
    } else {
        Lines::piped()
    };
    let mut conversation = Conversation {
        session,
        shown,
        lines,
        by_hand,
        sent: BTreeMap::new(),
        uploading: BTreeMap::new(),
        refused: None,
    };
    conversation.greet(output);
    let ended = conversation.run(follow, output).await;
    if ended.is_ok() {
        conversation.part(output).await?;
    }
    conversation.lines.close();
    output.print_through(None);
    ended?;
    conversation.session.close().await
}

/// What a chat is made of.
struct Conversation {
    session: Session,
    shown: Shown,
    lines: Lines,
    /// Somebody types; else it is a pipe.
    by_hand: bool,
    /// Messages of this run that are not acknowledged.
    sent: BTreeMap<TransactionId, RoomId>,
    /// When it was last told how far an upload is.
    uploading: BTreeMap<UploadId, Instant>,
    /// The first refusal of a message.
    refused: Option<Failure>,
}

/// Whether the chat goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

/// Why nobody writes in the room; `None` where one can.
fn why_read_only(session: &Session, room_id: RoomId) -> Option<String> {
    session
        .handle
        .with_view(|view| present::rooms::why_read_only(&view.rooms.get(&room_id)?.info))
}

/// What stands before the line that is typed.
fn prompt(session: &Session, room_id: RoomId) -> String {
    format!("{}> ", text::line(&heading(session, room_id)))
}

impl Conversation {
    fn greet(&mut self, output: &mut Output) {
        if self.by_hand {
            let name = self.session.handle.with_view(|view| {
                let person = view.person.as_ref();
                person.map_or_else(String::new, |person| person.name.clone())
            });
            let room = heading(&self.session, self.shown.room_id());
            output.note(&format!(
                "you are {name} in {room}; /help lists what you can do besides talking"
            ));
            if let Some(why) = why_read_only(&self.session, self.shown.room_id()) {
                output.note(&why);
            }
        }
    }

    fn prompt(&mut self) {
        let prompt = prompt(&self.session, self.shown.room_id());
        self.lines.prompt(prompt);
    }

    async fn run(&mut self, follow: bool, output: &mut Output) -> Result<(), Failure> {
        let mut ended = false;
        loop {
            self.settle(output)?;
            self.show(output).await?;
            if ended && self.sent.is_empty() && !self.is_uploading() && !follow {
                return self.refused.take().map_or(Ok(()), Err);
            }
            let listen = !ended && self.sent.len() < UNACKNOWLEDGED_MAX;
            let waits = !self.sent.is_empty() || (ended && self.is_uploading());
            self.session.wait(!self.by_hand && waits);
            tokio::select! {
                input = self.lines.next(), if listen => match input {
                    Input::Line(line) => {
                        match self.take(&line, output).await {
                            Ok(Next::GoOn) => {}
                            Ok(Next::End) => return Ok(()),
                            Err(failure) if self.by_hand => output.note(&failure.message),
                            Err(failure) => return Err(failure),
                        }
                        self.lines.go_on();
                    }
                    Input::Ended if self.by_hand => return Ok(()),
                    Input::Ended => ended = true,
                    Input::Failed(reason) => return Err(Failure::failed(reason)),
                },
                changes = self.session.changed(output) => {
                    let changes = changes.map_err(|failure| self.kept(failure))?;
                    self.uploads(&changes, output);
                }
            }
        }
    }

    /// Shows what is new. Somebody who types is not thrown out with their room: the lobby is always there.
    async fn show(&mut self, output: &mut Output) -> Result<(), Failure> {
        if self.by_hand && self.session.is_online() && !self.is_in_room() {
            let lobby = who::lobby(&self.session)?;
            output.note("you are no longer in that room; you are in the lobby");
            self.shown = Shown::open(&mut self.session, lobby, 0, output).await?;
            self.prompt();
        }
        let shown_before = self.shown.sequence();
        self.shown.show(&self.session, output)?;
        if self.by_hand && self.shown.sequence() > shown_before {
            self.mark_read()?;
        }
        Ok(())
    }

    fn is_in_room(&self) -> bool {
        let room_id = self.shown.room_id();
        let rooms = |view: &client::View| view.rooms.contains_key(&room_id);
        self.session.handle.with_view(rooms)
    }

    /// Waits a moment until what was said is acknowledged.
    async fn drain(&mut self, output: &mut Output) -> Result<(), Failure> {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        while !self.sent.is_empty() && self.session.is_online() {
            match timeout_at(deadline, self.session.changed(output)).await {
                Ok(changes) => drop(changes?),
                Err(_) => break,
            }
            self.settle(output)?;
            self.shown.show(&self.session, output)?;
        }
        Ok(())
    }

    /// The end of a chat. What was read is stored, and with it that nothing is unsent any more.
    async fn part(&mut self, output: &mut Output) -> Result<(), Failure> {
        self.drain(output).await?;
        self.mark_read()?;
        if !self.sent.is_empty() {
            let count = self.sent.len();
            output.note(&format!(
                "what is not sent yet ({count}) is sent by the next chinwag chat"
            ));
        }
        Ok(())
    }

    /// Says that unacknowledged messages are not lost.
    fn kept(&self, failure: Failure) -> Failure {
        if self.sent.is_empty() {
            return failure;
        }
        let count = self.sent.len();
        Failure {
            message: format!(
                "{}; messages that were not acknowledged ({count}) are kept and sent by the next \
                 chinwag chat",
                failure.message
            ),
            ..failure
        }
    }

    async fn take(&mut self, line: &str, output: &mut Output) -> Result<Next, Failure> {
        let line = line.trim_end_matches(['\r', '\n']);
        if self.by_hand && line.starts_with('/') && !line.starts_with("//") {
            return slash::run(self, line, output).await;
        }
        let line = if self.by_hand {
            line.strip_prefix('/').unwrap_or(line)
        } else {
            line
        };
        if !line.trim().is_empty() {
            self.say(line.to_owned(), Vec::new())?;
            if self.by_hand && !self.session.is_online() {
                output.note("not connected; the message is sent as soon as there is a connection");
            }
        }
        Ok(Next::GoOn)
    }

    fn say(
        &mut self,
        text: String,
        attachments: Vec<client::PendingAttachment>,
    ) -> Result<(), Failure> {
        let room_id = self.shown.room_id();
        if let Some(why) = why_read_only(&self.session, room_id) {
            return Err(Failure::by_code(Some(ErrorCode::RoomArchived), why));
        }
        let command = Command::SendMessage {
            room_id,
            text,
            attachments,
        };
        if let Ticket::Message(transaction_id) = self.session.handle.command(command)? {
            self.sent.insert(transaction_id, room_id);
        }
        Ok(())
    }

    /// Forgets what is acknowledged, and tells what was refused.
    fn settle(&mut self, output: &mut Output) -> Result<(), Failure> {
        let before = self.sent.len();
        let mut refused = Vec::new();
        let shown_to = self.shown.sequence();
        let shown_room = self.shown.room_id();
        self.session.handle.with_view(|view| {
            self.sent.retain(|transaction_id, room_id| {
                let mut pending = view.pending(*room_id);
                let found = pending.find(|message| message.transaction_id == *transaction_id);
                match found.map(|message| &message.delivery) {
                    None => false,
                    Some(Delivery::Queued | Delivery::Sent { .. }) => true,
                    // Its event is about to come and to be shown.
                    Some(Delivery::Accepted { sequence }) => {
                        *room_id == shown_room && *sequence > shown_to
                    }
                    Some(Delivery::Failed { code, reason }) => {
                        refused.push((*transaction_id, *code, reason.clone()));
                        false
                    }
                }
            });
        });
        if self.sent.len() != before {
            self.session.moved();
        }
        for (transaction_id, code, reason) in refused {
            output.note(&format!("a message was not sent: {reason}"));
            self.session
                .handle
                .command(Command::DeleteMessage { transaction_id })?;
            let failure = Failure::by_code(Some(code), format!("a message was not sent: {reason}"));
            self.refused.get_or_insert(failure);
        }
        Ok(())
    }

    fn mark_read(&self) -> Result<(), Failure> {
        let room_id = self.shown.room_id();
        let up_to = self.shown.sequence();
        match self
            .session
            .handle
            .command(Command::MarkRead { room_id, up_to })
        {
            // There is nothing to keep of a room that one has left.
            Ok(_) | Err(client::CommandError::NotAMember) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether files are on their way.
    fn is_uploading(&self) -> bool {
        self.session.handle.with_view(|view| {
            let mut uploads = view.uploads.values();
            uploads.any(|upload| {
                matches!(
                    upload.phase,
                    UploadPhase::Waiting | UploadPhase::Sending | UploadPhase::Finishing
                )
            })
        })
    }

    /// Tells now and then how far uploads are, and why one failed that its message is sent without.
    fn uploads(&mut self, changes: &[Change], output: &mut Output) {
        let now = Instant::now();
        for change in changes {
            let Change::Upload(upload_id) = change else {
                continue;
            };
            let shown = self.session.handle.with_view(|view| {
                let upload = view.uploads.get(upload_id)?;
                if let (Some(_), UploadPhase::Failed { reason, .. }) =
                    (upload.posted, &upload.phase)
                {
                    output.note(&format!("{} was not sent: {reason}", upload.name));
                }
                let sending = upload.phase == UploadPhase::Sending;
                sending.then(|| (upload.name.clone(), upload.progress))
            });
            let Some((name, progress)) = shown else {
                self.uploading.remove(upload_id);
                continue;
            };
            let told = self.uploading.entry(*upload_id).or_insert(now);
            if now - *told >= PROGRESS_EVERY {
                *told = now;
                let percent = progress.done_bytes * 100 / progress.size_bytes.max(1);
                let speed = text::size(progress.bytes_per_second.unwrap_or_default());
                output.note(&format!("{name}: {percent} %, {speed} a second"));
            }
        }
    }
}
