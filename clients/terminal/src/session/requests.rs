//! Asking, and getting an answer.

use client::{Change, Command, CommandError, Ticket, View};
use shared::frame::Person;
use shared::names::key;
use shared::{
    ClientFrame, ErrorCode, PersonId, PersonName, RequestId, RoomId, RoomRef, ServerFrame,
};

use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

impl Session {
    /// Gives a command that needs a connection and waits for one where there is none.
    async fn give(
        &mut self,
        output: &mut Output,
        command: impl Fn() -> Command,
    ) -> Result<Ticket, Failure> {
        loop {
            match self.handle.command(command()) {
                Err(CommandError::Offline) => drop(self.changed(output).await?),
                Ok(ticket) => return Ok(ticket),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives a command and waits for its answer. Where the connection is lost meanwhile, it is given again: use it
    /// for what may be repeated.
    pub(crate) async fn request(
        &mut self,
        output: &mut Output,
        answer: Answer,
        command: impl Fn() -> Command,
    ) -> Result<Option<RoomId>, Failure> {
        self.wait(true);
        self.moved();
        'repeat: loop {
            let Ticket::Request(asked) = self.give(output, &command).await? else {
                return Ok(None);
            };
            loop {
                for change in self.changed(output).await? {
                    if let Change::RoomJoined {
                        request_id,
                        room_id,
                    } = change
                        && request_id == asked
                    {
                        return Ok(Some(room_id));
                    } else if let Change::RequestFailed { request_id, error } = &change
                        && *request_id == asked
                    {
                        if error.code == ErrorCode::TimedOut && !self.is_online() {
                            continue 'repeat;
                        }
                        return Err(error.clone().into());
                    } else if answer.is(asked, &change) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The room's id. A room that one is not in is joined; one that is not there is created where `create`.
    pub(crate) async fn enter(
        &mut self,
        output: &mut Output,
        room: &RoomRef,
        create: bool,
    ) -> Result<RoomId, Failure> {
        if let Some(room_id) = self.handle.with_view(|view| room_in(view, room)) {
            return Ok(room_id);
        }
        let join = || Command::JoinRoom { room: room.clone() };
        let joined = self.request(output, Answer::Joined, join).await;
        let joined = match (joined, room) {
            (Err(failure), RoomRef::Name(name))
                if create && failure.code == Some(ErrorCode::RoomNotFound) =>
            {
                let new = || Command::CreateRoom {
                    name: name.to_string(),
                    topic: String::new(),
                };
                match self.request(output, Answer::Joined, new).await {
                    // Somebody else was quicker, or our own first attempt.
                    Err(failure) if failure.code == Some(ErrorCode::RoomNameTaken) => {
                        self.request(output, Answer::Joined, join).await
                    }
                    created => created,
                }
            }
            (Err(failure), _) if failure.code == Some(ErrorCode::RoomNotFound) => Err(Failure {
                message: format!(
                    "there is no room {room}; chinwag rooms lists them, --create makes one"
                ),
                ..failure
            }),
            (joined, _) => joined,
        };
        joined?.ok_or_else(|| Failure::failed("the server did not say which room it is"))
    }

    /// Asks and waits for the answer: [`ServerFrame::Done`] where there is nothing else to say. Where the connection is
    /// lost meanwhile, a question is repeated; what changes something is not, because nobody knows whether it did.
    pub(crate) async fn ask(
        &mut self,
        output: &mut Output,
        frame: ClientFrame,
    ) -> Result<ServerFrame, Failure> {
        self.wait(true);
        self.moved();
        loop {
            let ask = || Command::Ask(Box::new(frame.clone()));
            let Ticket::Request(asked) = self.give(output, ask).await? else {
                return Err(unexpected());
            };
            match self.answer(output, asked).await {
                Err(failure) if failure.code == Some(ErrorCode::TimedOut) && !self.is_online() => {
                    if !is_question(&frame) {
                        return Err(Failure::no_connection(
                            "the connection was lost before the answer; look whether it was done",
                        ));
                    }
                }
                answer => return answer,
            }
        }
    }

    pub(super) async fn answer(
        &mut self,
        output: &mut Output,
        asked: RequestId,
    ) -> Result<ServerFrame, Failure> {
        loop {
            for change in self.changed(output).await? {
                match change {
                    Change::Answered { request_id, answer } if request_id == asked => {
                        return Ok(*answer);
                    }
                    Change::RequestDone { request_id } if request_id == asked => {
                        return Ok(ServerFrame::Done { request_id });
                    }
                    Change::RoomJoined {
                        request_id,
                        room_id,
                    } if request_id == asked => {
                        return Ok(ServerFrame::RoomJoined {
                            request_id,
                            room_id,
                        });
                    }
                    Change::RequestFailed { request_id, error } if request_id == asked => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
        }
    }

    /// Asks for something to be done.
    pub(crate) async fn have_done(
        &mut self,
        output: &mut Output,
        frame: ClientFrame,
    ) -> Result<(), Failure> {
        match self.ask(output, frame).await? {
            ServerFrame::Done { .. } => Ok(()),
            _ => Err(unexpected()),
        }
    }

    /// The person of this name or id.
    pub(crate) async fn person(
        &mut self,
        output: &mut Output,
        who: &str,
    ) -> Result<Person, Failure> {
        let request_id = RequestId(0);
        if let Ok(person_id) = who.parse::<PersonId>() {
            let ask = ClientFrame::DescribePerson {
                request_id,
                person_id,
            };
            return match self.ask(output, ask).await? {
                ServerFrame::ProfileDescribed { profile, .. } => Ok(profile.person),
                _ => Err(unexpected()),
            };
        }
        let name: PersonName = who
            .strip_prefix('@')
            .unwrap_or(who)
            .parse()
            .map_err(|error| Failure::usage(format!("{who:?} is nobody's name: {error}")))?;
        let query = name.to_string();
        let ask = ClientFrame::FindPeople { request_id, query };
        let ServerFrame::PeopleFound { people, .. } = self.ask(output, ask).await? else {
            return Err(unexpected());
        };
        let found = people.into_iter().map(|profile| profile.person);
        let mut same = found.filter(|person| key(&person.name) == name.key());
        same.next().ok_or_else(|| {
            Failure::by_code(
                Some(ErrorCode::PersonNotFound),
                format!("there is nobody called {name}; chinwag people lists who there is"),
            )
        })
    }
}

/// Whether asking twice does no harm.
fn is_question(frame: &ClientFrame) -> bool {
    matches!(
        frame,
        ClientFrame::DescribeServer { .. }
            | ClientFrame::DescribeInvitation { .. }
            | ClientFrame::DescribePerson { .. }
            | ClientFrame::DescribeSettings { .. }
            | ClientFrame::DescribeStorage { .. }
            | ClientFrame::FindPeople { .. }
            | ClientFrame::ListAllRooms { .. }
            | ClientFrame::ListBans { .. }
            | ClientFrame::ListBots { .. }
            | ClientFrame::ListFiles(_)
            | ClientFrame::ListInvitations { .. }
            | ClientFrame::ListPeople(_)
            | ClientFrame::ListReports { .. }
            | ClientFrame::ListSessions { .. }
            | ClientFrame::ListUploads { .. }
            | ClientFrame::OpenDirect { .. }
            | ClientFrame::ReadAuditLog { .. }
    )
}

/// The server answered with something else than the protocol says.
pub(crate) fn unexpected() -> Failure {
    Failure::failed("the server answered with something else; is it of another version?")
}

/// What ends the waiting for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Joined,
    Done,
    Rooms,
    Members(RoomId),
}

impl Answer {
    fn is(self, asked: RequestId, change: &Change) -> bool {
        match self {
            Self::Joined => false,
            Self::Done => *change == Change::RequestDone { request_id: asked },
            Self::Rooms => *change == Change::Directory,
            Self::Members(room_id) => *change == Change::Members(room_id),
        }
    }
}

/// The room, where one is in it.
pub(crate) fn room_in(view: &View, wanted: &RoomRef) -> Option<RoomId> {
    match wanted {
        RoomRef::Id(room_id) => view.rooms.contains_key(room_id).then_some(*room_id),
        RoomRef::Name(name) => {
            let key = name.key();
            let mut rooms = view.rooms.iter();
            let found = rooms.find(|(_, room)| room.info.name.key() == key);
            found.map(|(room_id, _)| *room_id)
        }
    }
}
