//! A person without a window: what others see of them is what counts.

use client::{Command, Config, View};
use native::{Changes, Handle, Profile, ServerAddress, Settings};
use shared::RoomId;
use shared::frame::ClientInfo;
use testing::World;
use tokio::runtime::Runtime;

use crate::window::profile;

pub(crate) struct Peer {
    runtime: Runtime,
    handle: Handle,
    changes: Changes,
}

impl Peer {
    /// Signs in and waits until that is done.
    pub(crate) fn of(world: &World, name: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let server: ServerAddress = world.tcp().parse().unwrap();
        let home = Profile::open(&profile(world, name), &server).unwrap();
        home.session_or_claim(name).unwrap();
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
            while !handle.with_view(&holds) {
                changes.next().await.unwrap();
            }
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

    fn until_in(&mut self, name: &str) {
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
