//! Looking after a room: its members, its rules, and who comes in.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use shared::{EventBody, RoomRole};
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

/// Ann's window in her room, and Bob who is in it.
fn in_garden(world: &World) -> (Window, Peer) {
    let mut ann = Window::of(world, "Ann");
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.meets(Role::Heading, "# lobby");
    ann.clicks(Role::Button, "New room");
    ann.is_at(Role::TextInput, "Name");
    ann.types("garden");
    ann.clicks(Role::Button, "Create room");
    ann.meets(Role::Heading, "# garden");
    let mut bob = Peer::of(world, "Bob");
    bob.joins("garden");
    ann.meets(Role::ListItem, "Bob, online");
    (ann, bob)
}

impl Window {
    /// Follows a link that somebody sent.
    fn follows(&mut self, link: &str) {
        self.clicks(Role::Button, "Browse all rooms");
        self.is_at(Role::TextInput, "Search rooms");
        self.types(link);
        self.clicks(Role::Button, "Follow it");
    }

    /// Chooses from the menu beside a name.
    fn does_with(&mut self, name: &str, role: Role, item: &str) {
        self.clicks(Role::Button, &format!("What to do with {name}"));
        self.clicks(role, item);
    }
}

#[test]
fn a_member_becomes_a_moderator_and_is_banned_and_let_in_again() {
    let world = World::start();
    let (mut ann, mut bob) = in_garden(&world);
    ann.does_with("Bob", Role::MenuItemRadio, "Moderator");
    ann.meets(Role::ListItem, "Bob, online, moderator");
    bob.until(|view| {
        let mut rooms = view.rooms.values();
        rooms.any(|room| room.info.role == Some(RoomRole::Moderator))
    });

    ann.does_with("Bob", Role::MenuItem, "Ban from the room");
    ann.meets(Role::Dialog, "Ban Bob from #garden?");
    ann.is_at(Role::Button, "Cancel");
    ann.clicks(Role::Button, "Ban");
    ann.loses(Role::Dialog, "Ban Bob from #garden?");
    bob.until(|view| view.rooms.len() == 1);
    ann.loses(Role::ListItem, "Bob, online, moderator");

    ann.clicks(Role::Button, "Banned people");
    ann.meets(Role::Dialog, "Banned people");
    ann.clicks(Role::Button, "Let in again");
    ann.sees("Nobody is banned.");
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.is_at(Role::MultilineTextInput, "Message to #garden");
    bob.joins("garden");
    ann.meets(Role::ListItem, "Bob, online");
}

#[test]
fn a_room_is_renamed_archived_and_opened_again() {
    let world = World::start();
    let (mut ann, mut bob) = in_garden(&world);
    ann.clicks(Role::Button, "Change room");
    ann.is_at(Role::TextInput, "Name");
    ann.presses(Modifiers::COMMAND, Key::A);
    ann.types("the loft");
    ann.clicks(Role::RadioButton, "Only what comes after they joined");
    ann.clicks(Role::Button, "Save");
    ann.loses(Role::Dialog, "Change #garden");
    ann.meets(Role::Heading, "# the-loft");
    ann.sees("Newcomers read only what comes after they joined.");
    bob.until_in("the-loft");

    ann.clicks(Role::Button, "Archive");
    ann.meets(Role::Dialog, "Archive #the-loft?");
    ann.is_at(Role::Button, "Cancel");
    ann.presses(Modifiers::SHIFT, Key::Tab);
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.sees("#the-loft is archived");
    ann.loses(Role::MultilineTextInput, "Message to #the-loft");
    ann.clicks(Role::Button, "Open again");
    ann.meets(Role::Dialog, "Open #the-loft again?");
    ann.clicks_in("Open #the-loft again?", Role::Button, "Open again");
    ann.meets(Role::MultilineTextInput, "Message to #the-loft");
}

#[test]
fn a_link_leads_into_a_private_room_until_it_is_revoked() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.clicks(Role::Button, "New room");
    olga.is_at(Role::TextInput, "Name");
    olga.types("attic");
    olga.clicks(Role::RadioButton, "Private: only those who are invited");
    olga.clicks(Role::Button, "Create room");
    olga.meets(Role::Heading, "# attic");
    olga.clicks(Role::Button, "Invitation link");
    olga.clicks(Role::Button, "Make a link");
    olga.meets(Role::Image, "QR code");
    let link = olga.text_holding("#invite=");
    olga.clicks(Role::Button, "Close");

    let mut ann = Window::of(&world, "Ann");
    ann.follows(&link);
    ann.meets(Role::Heading, "# attic");
    ann.loses(Role::Dialog, "All rooms");
    olga.meets(Role::ListItem, "Ann, online");

    olga.clicks(Role::Button, "Open invitations");
    olga.sees("used 1 of 10 times");
    olga.clicks_in("Open invitations", Role::Button, "Revoke");
    olga.sees("There are no open invitations.");
    let mut bob = Window::of(&world, "Bob");
    bob.follows(&link);
    bob.until("the reason", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    assert!(!bob.has(Role::Heading, "# attic"));
}

#[test]
fn people_are_added_by_a_few_letters() {
    let world = World::start();
    let (mut ann, _bob) = in_garden(&world);
    let mut carla = Peer::of(&world, "Carla");
    ann.clicks(Role::Button, "Add people");
    ann.meets(Role::Dialog, "Add people to #garden");
    ann.is_at(Role::TextInput, "Search people");
    ann.types("car");
    ann.clicks_in("Add people to #garden", Role::Button, "Carla");
    ann.meets(Role::Button, "Leave out Carla");
    ann.clicks(Role::Button, "Add");
    ann.loses(Role::Dialog, "Add people to #garden");
    carla.until_in("garden");
    ann.meets(Role::ListItem, "Carla, online");
    ann.sees("added Carla");
}

#[test]
fn who_may_not_is_offered_nothing() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    bob.creates("garden", "");
    let mut ann = Window::of(&world, "Ann");
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Join garden");
    ann.meets(Role::ListItem, "Bob, online, owner");
    ann.meets(Role::Button, "Add people");
    for name in [
        "Change room",
        "Archive",
        "Banned people",
        "Invitation link",
        "What to do with Bob",
    ] {
        assert!(!ann.has(Role::Button, name), "{name}");
    }
}

#[test]
fn what_was_said_is_taken_back_by_whoever_said_it() {
    let world = World::start();
    let (mut ann, mut bob) = in_garden(&world);
    bob.says("garden", "I regret this");
    ann.sees("I regret this");
    ann.clicks(Role::Button, "What to do with the message of Bob");
    ann.meets(Role::MenuItem, "Report to the admins");
    ann.clicks(Role::MenuItem, "Remove message");
    ann.meets(Role::Dialog, "Remove the message of Bob?");
    ann.clicks(Role::Button, "Remove message");
    ann.loses(Role::Dialog, "Remove the message of Bob?");
    ann.sees("wrote a message that was removed");
    bob.until(|view| {
        let mut events = view.rooms.values().flat_map(|room| room.timeline.events());
        events.any(|event| event.event == EventBody::Removed {})
    });
}

#[test]
fn a_text_is_copied_by_keyboard() {
    let world = World::start();
    let (mut ann, mut bob) = in_garden(&world);
    bob.says("garden", "Copy me");
    ann.sees("Copy me");
    let menu = "What to do with the message of Bob";
    ann.meets(Role::Button, menu);
    ann.focuses(Role::Button, menu);
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.meets(Role::MenuItem, "Copy text");
    ann.presses(Modifiers::NONE, Key::ArrowDown);
    ann.is_at(Role::MenuItem, "Copy text");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.meets(Role::Status, "Copied.");
    ann.loses(Role::MenuItem, "Copy text");
}
