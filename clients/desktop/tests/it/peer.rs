//! A person without a window: what others see of them is what counts.

use client::{Change, Command, Config, Entry, Ticket, View};
use native::{Changes, Handle, ServerAddress, Settings};
use shared::account::{PresenceState, Profile};
use shared::frame::ClientInfo;
use shared::http::invitation_of_link;
use shared::{ClientFrame, RequestId, RoomId, RoomRef, ServerFrame};
use testing::World;
use tokio::runtime::Runtime;

use crate::window::{PATIENCE, profile};

pub(crate) struct Peer {
    runtime: Runtime,
    handle: Handle,
    changes: Changes,
}

impl Peer {
    /// Signs in and waits until that is done.
    pub(crate) fn of(world: &World, name: &str) -> Self {
        let server: ServerAddress = world.tcp().parse().unwrap();
        let home = native::Profile::open(&profile(world, name), &server).unwrap();
        home.session_or_claim(name).unwrap();
        Self::open(&home, server, None)
    }

    /// Makes an account by an invitation's link.
    pub(crate) fn with_account(world: &World, name: &str, password: &str, link: &str) -> Self {
        let server: ServerAddress = world.tcp().parse().unwrap();
        let home = native::Profile::open(&profile(world, name), &server).unwrap();
        let entry = Entry::NewAccount {
            name: name.to_owned(),
            password: password.into(),
            invitation: invitation_of_link(link),
        };
        Self::open(&home, server, Some(entry))
    }

    fn open(home: &native::Profile, server: ServerAddress, entry: Option<Entry>) -> Self {
        let runtime = Runtime::new().unwrap();
        let (snapshot, storage) = home.whole().unwrap();
        let settings = Settings {
            server,
            trust: home.trust(),
            core: Config::new(ClientInfo {
                name: "peer".to_owned(),
                version: "1".to_owned(),
            }),
        };
        let inside = runtime.enter();
        let (handle, changes) = native::spawn(settings, snapshot, Some(storage));
        if let Some(entry) = entry {
            handle.sign_in(entry).unwrap();
        }
        drop(inside);
        let mut peer = Self {
            runtime,
            handle,
            changes,
        };
        peer.until(|view| !view.rooms.is_empty());
        peer
    }

    /// Waits until it holds.
    pub(crate) fn until(&mut self, holds: impl Fn(&View) -> bool) {
        let (handle, changes) = (&self.handle, &mut self.changes);
        self.runtime.block_on(async {
            let held = async {
                while !handle.with_view(&holds) {
                    changes.next().await.unwrap();
                }
            };
            let held = tokio::time::timeout(PATIENCE, held).await;
            assert!(
                held.is_ok(),
                "it did not come; the connection is {:?}",
                handle.with_view(|view| view.connection.clone())
            );
        });
    }

    fn room(&self, name: &str) -> RoomId {
        self.handle.with_view(|view| {
            let mut rooms = view.rooms.iter();
            let found = rooms.find(|(_, room)| room.info.name.as_str() == name);
            *found.unwrap().0
        })
    }

    pub(crate) fn run(&self, command: Command) {
        self.handle.command(command).unwrap();
    }

    pub(crate) fn creates(&mut self, name: &str, topic: &str) {
        let (name, topic) = (name.to_owned(), topic.to_owned());
        self.run(Command::CreateRoom {
            name: name.clone(),
            topic,
        });
        self.until_in(&name);
    }

    pub(crate) fn joins(&mut self, name: &str) {
        let room = RoomRef::Name(name.parse().unwrap());
        self.run(Command::JoinRoom { room });
        self.until_in(name);
    }

    /// Waits until it is said in one of its rooms.
    pub(crate) fn hears(&mut self, text: &str) {
        self.until(|view| {
            let mut events = view.rooms.values().flat_map(|room| room.timeline.events());
            events.any(|event| event.event.text() == text)
        });
    }

    /// What the server says of somebody who is here.
    pub(crate) fn profile_of(&mut self, name: &str) -> Profile {
        let named = |view: &View| {
            let mut people = view.presence.people.values();
            let found = people.find(|one| one.person.name == name)?;
            Some(found.person.id)
        };
        self.until(|view| named(view).is_some());
        let person_id = self.handle.with_view(named).unwrap();
        let request_id = RequestId(0);
        let describe = ClientFrame::DescribePerson {
            request_id,
            person_id,
        };
        let ask = Command::Ask(Box::new(describe));
        let Ok(Ticket::Request(asked)) = self.handle.command(ask) else {
            panic!("it is asked");
        };
        self.runtime.block_on(async {
            loop {
                let changes = self.changes.next().await.unwrap();
                let answers = changes.iter().filter_map(Change::answer);
                for (request_id, answer) in answers {
                    if request_id == asked
                        && let ServerFrame::ProfileDescribed { profile, .. } = answer.unwrap()
                    {
                        return profile;
                    }
                }
            }
        })
    }

    /// All that is there counts as read.
    pub(crate) fn reads(&mut self, room: &str) {
        let room_id = self.room(room);
        let up_to = self.handle.with_view(|view| {
            let room = &view.rooms[&room_id];
            room.info.last_sequence
        });
        self.run(Command::MarkRead { room_id, up_to });
    }

    /// Waits until somebody is there in this way.
    pub(crate) fn sees_as(&mut self, name: &str, state: PresenceState) {
        self.until(|view| {
            let mut people = view.presence.people.values();
            people.any(|one| one.person.name == name && one.state == state)
        });
    }

    pub(crate) fn until_in(&mut self, name: &str) {
        self.until(|view| {
            let mut rooms = view.rooms.values();
            rooms.any(|room| room.info.name.as_str() == name)
        });
    }

    /// Waits until it is acknowledged.
    pub(crate) fn says(&mut self, room: &str, text: &str) {
        self.run(Command::SendMessage {
            room_id: self.room(room),
            text: text.to_owned(),
            attachments: Vec::new(),
        });
        self.until(|view| view.outbox.messages().is_empty());
    }

    pub(crate) fn types(&self, room: &str, typing: bool) {
        let room_id = self.room(room);
        self.run(Command::SetTyping { room_id, typing });
    }

    /// Closes the connection.
    pub(crate) fn goes(self) {
        drop(self.handle);
        self.runtime.block_on(self.changes.stopped()).unwrap();
    }
}
