//! The window by keyboard, and what a small one shows.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

/// The sidebar, the timeline, the composer, the details.
const PANES: usize = 4;

#[test]
fn escape_closes_what_is_open() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    for (modifiers, key, dialog) in [
        (Modifiers::COMMAND, Key::K, "Jump to a room"),
        (Modifiers::NONE, Key::F1, "Keys"),
        (Modifiers::COMMAND, Key::Slash, "Keys"),
    ] {
        ann.presses(modifiers, key);
        ann.meets(Role::Dialog, dialog);
        ann.presses(Modifiers::NONE, Key::Escape);
        ann.loses(Role::Dialog, dialog);
    }
    ann.clicks(Role::Button, "Details of this room, 1 person");
    ann.meets(Role::Complementary, "Details of this room");
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.loses(Role::Complementary, "Details of this room");
}

#[test]
fn the_keyboard_comes_back_to_the_composer() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    bob.creates("garden", "");
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    ann.presses(Modifiers::COMMAND, Key::K);
    ann.is_at(Role::TextInput, "Name of the room");
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.is_at(Role::MultilineTextInput, "Message to #lobby");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Join garden");
    ann.is_at(Role::MultilineTextInput, "Message to #garden");
    ann.clicks(Role::ListItem, "lobby");
    ann.is_at(Role::MultilineTextInput, "Message to #lobby");
    ann.presses(Modifiers::NONE, Key::Escape);
    ann.is_at(Role::MultilineTextInput, "Message to #lobby");
}

#[test]
fn one_key_goes_through_the_panes() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.meets(Role::Heading, "Details");
    ann.presses(Modifiers::COMMAND, Key::K);
    ann.is_at(Role::TextInput, "Name of the room");
    ann.presses(Modifiers::NONE, Key::Escape);
    let composer = (Role::MultilineTextInput, "Message to #lobby");
    ann.is_at(composer.0, composer.1);
    ann.presses(Modifiers::NONE, Key::F6);
    ann.is_at(Role::Button, "Close details");
    ann.presses(Modifiers::NONE, Key::F6);
    ann.is_at(Role::ListItem, "lobby");
    ann.presses(Modifiers::SHIFT, Key::F6);
    ann.is_at(Role::Button, "Close details");
    ann.presses(Modifiers::SHIFT, Key::F6);
    ann.is_at(composer.0, composer.1);
    ann.presses(Modifiers::SHIFT, Key::F6);
    ann.presses(Modifiers::SHIFT, Key::F6);
    ann.is_at(Role::ListItem, "lobby");
}

#[test]
fn the_menu_leads_to_what_concerns_the_whole() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    for (item, dialog) in [
        ("Settings", "Settings"),
        ("Keys", "Keys"),
        ("Sign out", "Give up Ann?"),
    ] {
        ann.clicks(Role::Button, "Ann, menu");
        ann.clicks(Role::MenuItem, item);
        ann.meets(Role::Dialog, dialog);
        ann.loses(Role::MenuItem, item);
        ann.clicks(Role::Button, "Close");
        ann.loses(Role::Dialog, dialog);
    }
    ann.clicks(Role::Button, "Ann, menu");
    ann.clicks(Role::MenuItem, "Sign out");
    ann.sees("Nobody, not even you, can use the name Ann again");
    ann.clicks(Role::Button, "Sign out");
    ann.sees("Connect to Chinwag");
}

#[test]
fn tab_goes_through_the_sidebar_in_its_order() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    bob.creates("garden", "");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Join garden");
    ann.meets(Role::Heading, "# garden");
    ann.loses(Role::Dialog, "All rooms");
    for _ in 0..PANES {
        if !ann.has_keyboard(Role::ListItem, "garden") {
            ann.presses(Modifiers::NONE, Key::F6);
        }
    }
    ann.is_at(Role::ListItem, "garden");
    ann.presses(Modifiers::NONE, Key::ArrowUp);
    ann.is_at(Role::ListItem, "lobby");
    ann.presses(Modifiers::NONE, Key::ArrowUp);
    ann.is_at(Role::ListItem, "lobby");
    ann.presses(Modifiers::NONE, Key::End);
    ann.is_at(Role::ListItem, "garden");
    ann.presses(Modifiers::NONE, Key::Home);
    ann.is_at(Role::ListItem, "lobby");
    ann.presses(Modifiers::NONE, Key::Tab);
    ann.is_at(Role::Button, "Browse all rooms");
    ann.presses(Modifiers::SHIFT, Key::Tab);
    ann.is_at(Role::ListItem, "garden");
    ann.presses(Modifiers::SHIFT, Key::Tab);
    ann.is_at(Role::Button, "New room");
    ann.presses(Modifiers::NONE, Key::Tab);
    ann.presses(Modifiers::NONE, Key::ArrowUp);
    ann.is_at(Role::ListItem, "lobby");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.meets(Role::Heading, "# lobby");
}

#[test]
fn a_small_window_shows_one_pane_at_a_time() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    assert!(ann.has(Role::Navigation, "Rooms and people"));
    ann.harness.set_size(vec2(400.0, 640.0));
    ann.loses(Role::Navigation, "Rooms and people");
    ann.clicks(Role::Button, "Details of this room, 1 person");
    ann.clicks(Role::Button, "Close details");
    ann.loses(Role::Complementary, "Details of this room");
    ann.clicks(Role::Button, "Back to the rooms");
    ann.meets(Role::Navigation, "Rooms and people");
    ann.loses(Role::Heading, "# lobby");
    ann.clicks(Role::ListItem, "lobby");
    ann.meets(Role::Heading, "# lobby");
    ann.loses(Role::Navigation, "Rooms and people");
}

#[test]
fn the_details_find_their_place() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    let details = "Details of this room";
    assert!(
        !ann.has(Role::Complementary, details),
        "they would cover the timeline"
    );
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.meets(Role::Complementary, details);
    ann.clicks(Role::Button, "Close details");
    ann.loses(Role::Complementary, details);
    ann.clicks(Role::Button, "Details of this room, 1 person");
    ann.meets(Role::Complementary, details);
    ann.harness.set_size(vec2(1000.0, 800.0));
    ann.loses(Role::Complementary, details);
}

#[test]
fn everything_has_a_name() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.meets(Role::Heading, "Details");
    ann.presses(Modifiers::COMMAND, Key::K);
    ann.meets(Role::Dialog, "Jump to a room");
    ann.harness.check_accessibility();
}
