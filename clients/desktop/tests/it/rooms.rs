//! Getting into rooms, from one to the other, and out.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

/// Ann's window with rooms of these names besides the lobby, which is shown.
fn window_in(world: &World, rooms: &[&str]) -> (Window, Peer) {
    let mut bob = Peer::of(world, "Bob");
    let mut ann = Window::of(world, "Ann");
    for room in rooms {
        bob.creates(room, "");
        ann.joins(room);
    }
    ann.clicks(Role::ListItem, "lobby");
    ann.meets(Role::Heading, "# lobby");
    (ann, bob)
}

impl Window {
    fn joins(&mut self, room: &str) {
        self.clicks(Role::Button, "Browse all rooms");
        self.clicks(Role::Button, &format!("Join {room}"));
        self.meets(Role::Heading, &format!("# {room}"));
        self.loses(Role::Dialog, "All rooms");
    }

    fn rooms(&self) -> Vec<String> {
        let list = self.harness.get_by_role_and_label(Role::List, "Rooms");
        let items = list.query_all_by_role(Role::ListItem);
        items
            .filter_map(|item| item.accesskit_node().label())
            .collect()
    }

    fn current(&self) -> Option<String> {
        let list = self.harness.get_by_role_and_label(Role::List, "Rooms");
        let mut items = list.query_all_by_role(Role::ListItem);
        let item = items.find(|item| item.accesskit_node().is_selected() == Some(true))?;
        item.accesskit_node().label()
    }
}

#[test]
fn a_room_is_created_and_entered() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "New room");
    ann.is_at(Role::TextInput, "Name");
    ann.types("garden party");
    ann.presses(Modifiers::NONE, Key::Tab);
    ann.is_at(Role::TextInput, "Topic");
    ann.types("Sunday, if it is dry");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.meets(Role::Heading, "# garden-party");
    ann.meets(Role::Paragraph, "Sunday, if it is dry");
    ann.loses(Role::Dialog, "New room");
    assert_eq!(ann.current().as_deref(), Some("garden-party"));
}

#[test]
fn a_refused_name_is_told_in_place() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "New room");
    ann.is_at(Role::TextInput, "Name");
    ann.types("lobby");
    ann.clicks(Role::Button, "Create room");
    ann.until("the server's reason", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    assert!(ann.has(Role::Dialog, "New room"));
    ann.is_at(Role::TextInput, "Name");
    ann.types("-2#3");
    ann.until("no word on what is changed", |harness| {
        harness.query_by_role(Role::Alert).is_none()
    });
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.until("what names are made of", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.loses(Role::Dialog, "New room");
}

#[test]
fn rooms_are_browsed_joined_and_opened() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    bob.creates("garden", "What grows");
    bob.creates("roof", "");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.meets(Role::Button, "Open lobby");
    ann.meets(Role::Button, "Join roof");
    ann.is_at(Role::TextInput, "Search rooms");
    ann.types("GROWS");
    ann.loses(Role::Button, "Join roof");
    ann.clicks(Role::Button, "Join garden");
    ann.meets(Role::Heading, "# garden");
    assert_eq!(ann.rooms(), ["lobby", "garden"]);
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Open lobby");
    ann.meets(Role::Heading, "# lobby");
    ann.loses(Role::Dialog, "All rooms");
}

#[test]
fn a_room_is_left_after_a_question() {
    let world = World::start();
    let (mut ann, _bob) = window_in(&world, &["garden"]);
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.meets(Role::Complementary, "Details of this room");
    assert!(!ann.has(Role::Button, "Leave #lobby"), "everyone is there");
    ann.clicks(Role::ListItem, "garden");
    ann.clicks(Role::Button, "Leave #garden");
    ann.meets(Role::Dialog, "Leave #garden?");
    ann.clicks(Role::Button, "Cancel");
    ann.loses(Role::Dialog, "Leave #garden?");
    assert_eq!(ann.current().as_deref(), Some("garden"));
    ann.clicks(Role::Button, "Leave #garden");
    ann.is_at(Role::Button, "Cancel");
    ann.presses(Modifiers::SHIFT, Key::Tab);
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.loses(Role::ListItem, "garden");
    ann.meets(Role::Heading, "# lobby");
    ann.loses(Role::Dialog, "Leave #garden?");
}

#[test]
fn what_is_unread_is_counted_until_it_is_read() {
    let world = World::start();
    let (mut ann, mut bob) = window_in(&world, &["garden", "roof"]);
    assert_eq!(ann.rooms(), ["lobby", "garden", "roof"]);
    bob.says("roof", "One");
    ann.meets(Role::ListItem, "roof, 1 unread");
    bob.says("roof", "Two");
    ann.meets(Role::ListItem, "roof, 2 unread");
    assert!(ann.has(Role::ListItem, "garden"));
    ann.presses(Modifiers::ALT | Modifiers::SHIFT, Key::ArrowDown);
    ann.meets(Role::Heading, "# roof");
    ann.meets(Role::ListItem, "roof");
    bob.says("roof", "Three");
    ann.sees("Three");
    ann.clicks(Role::ListItem, "garden");
    ann.meets(Role::ListItem, "roof");
}

#[test]
fn rooms_are_switched_by_click_and_by_keys() {
    let world = World::start();
    let (mut ann, _bob) = window_in(&world, &["garden", "roof"]);
    ann.clicks(Role::ListItem, "garden");
    ann.meets(Role::Heading, "# garden");
    ann.presses(Modifiers::ALT, Key::ArrowDown);
    ann.meets(Role::Heading, "# roof");
    ann.presses(Modifiers::ALT, Key::ArrowDown);
    ann.meets(Role::Heading, "# lobby");
    ann.presses(Modifiers::ALT, Key::ArrowUp);
    ann.meets(Role::Heading, "# roof");
    assert_eq!(ann.current().as_deref(), Some("roof"));
    ann.presses(Modifiers::ALT | Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(ann.current().as_deref(), Some("roof"), "nothing is unread");
}

#[test]
fn a_few_letters_find_a_room() {
    let world = World::start();
    let (mut ann, mut bob) = window_in(&world, &["garden", "guard", "roof"]);
    bob.says("guard", "Who is there?");
    ann.meets(Role::ListItem, "guard, 1 unread");
    ann.presses(Modifiers::COMMAND, Key::K);
    ann.is_at(Role::TextInput, "Name of the room");
    ann.types("ar");
    ann.meets(Role::ListBoxOption, "garden");
    ann.loses(Role::ListBoxOption, "roof");
    ann.presses(Modifiers::NONE, Key::ArrowDown);
    ann.is_at(Role::TextInput, "Name of the room");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.meets(Role::Heading, "# garden");
    ann.loses(Role::Dialog, "Jump to a room");
    ann.presses(Modifiers::COMMAND, Key::K);
    ann.types("no such");
    ann.sees("None of your rooms");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.loses(Role::Dialog, "Jump to a room");
    assert_eq!(ann.current().as_deref(), Some("garden"));
}
