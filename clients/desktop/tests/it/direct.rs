//! Talking in private: finding people, conversations of two and more, and who somebody is.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

#[test]
fn a_conversation_begins_with_a_few_letters() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    let mut carla = Peer::of(&world, "Carla");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "New message");
    ann.meets(Role::Dialog, "New message");
    ann.is_at(Role::TextInput, "Search people");
    ann.types("nobody of this name");
    ann.sees("Nobody of that name.");
    ann.presses(Modifiers::COMMAND, Key::A);
    ann.types("bo");
    ann.clicks_in("New message", Role::Button, "Bob");
    ann.clicks(Role::Button, "Start talking");
    ann.meets(Role::Heading, "Bob");
    ann.is_at(Role::MultilineTextInput, "Message to Bob");
    ann.types("Between us");
    ann.presses(Modifiers::NONE, Key::Enter);
    bob.hears("Between us");

    ann.clicks(Role::Button, "New message");
    ann.is_at(Role::TextInput, "Search people");
    ann.clicks_in("New message", Role::Button, "Bob");
    ann.clicks_in("New message", Role::Button, "Carla");
    ann.meets(Role::Button, "Leave out Bob");
    ann.clicks(Role::Button, "Start talking");
    ann.meets(Role::MultilineTextInput, "Message to Bob, Carla");
    ann.types("The three of us");
    ann.presses(Modifiers::NONE, Key::Enter);
    bob.hears("The three of us");
    carla.hears("The three of us");
    ann.meets(Role::ListItem, "Bob, Carla");
}

#[test]
fn a_card_says_who_somebody_is_and_leads_to_them() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Bob");
    ann.meets(Role::Dialog, "Profile");
    ann.meets(Role::Heading, "Bob");
    ann.sees("Guest");
    ann.sees("Online");
    ann.clicks(Role::Button, "Message");
    ann.meets(Role::MultilineTextInput, "Message to Bob");
    ann.loses(Role::Dialog, "Profile");
    ann.types("Hello");
    ann.presses(Modifiers::NONE, Key::Enter);
    bob.hears("Hello");
}

#[test]
fn mentions_are_counted_apart_and_reading_is_told() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    bob.creates("garden", "");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Join garden");
    ann.meets(Role::Heading, "# garden");
    ann.clicks(Role::ListItem, "lobby");
    ann.meets(Role::Heading, "# lobby");
    bob.says("garden", "Hello");
    ann.meets(Role::ListItem, "garden, 1 unread");
    bob.says("garden", "@Ann are you there?");
    ann.meets(Role::ListItem, "garden, 2 unread, 1 mentions you");
    ann.clicks(Role::ListItem, "garden, 2 unread, 1 mentions you");
    ann.meets(Role::ListItem, "garden");
    ann.is_at(Role::MultilineTextInput, "Message to #garden");
    ann.types("I am");
    ann.presses(Modifiers::NONE, Key::Enter);
    bob.hears("I am");
    bob.reads("garden");
    ann.meets(Role::Note, "Read by Bob");
}

#[test]
fn one_is_seen_as_one_wants_to_be() {
    let world = World::start();
    let mut bob = Peer::of(&world, "Bob");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Ann, menu");
    ann.clicks(Role::MenuItemRadio, "Do not disturb");
    bob.sees_as("Ann", shared::account::PresenceState::DoNotDisturb);
    ann.clicks(Role::Button, "Ann, menu");
    ann.clicks(Role::MenuItemRadio, "Online");
    bob.sees_as("Ann", shared::account::PresenceState::Online);
}
