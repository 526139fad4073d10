//! Who is here, who types, and whether one is connected oneself.

use eframe::egui::accesskit::Role;
use eframe::egui::vec2;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

impl Window {
    /// The names in the list of this name in the details.
    fn until_listed(&mut self, list: &str, names: &[&str]) {
        self.until(&format!("{names:?} in {list}"), |harness| {
            let details = harness.query_by_role(Role::Complementary);
            let people =
                details.and_then(|details| details.query_by_role_and_label(Role::List, list));
            let listed = people
                .iter()
                .flat_map(|list| list.query_all_by_role(Role::ListItem));
            let listed: Vec<_> = listed
                .filter_map(|item| item.accesskit_node().label())
                .collect();
            listed == names
        });
    }
}

#[test]
fn people_come_and_go() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.harness.set_size(vec2(1280.0, 800.0));
    ann.until_listed("Here now", &["Ann, online"]);
    ann.sees("Nobody else is here now");
    let bob = Peer::of(&world, "bob");
    ann.until_listed("Here now", &["Ann, online", "bob, online"]);
    ann.meets(Role::Button, "Details of this room, 2 people");
    let _carla = Peer::of(&world, "Carla");
    ann.until_listed("Here now", &["Ann, online", "bob, online", "Carla, online"]);
    bob.goes();
    ann.until_listed("Away", &["bob, offline"]);
    ann.until_listed("Here now", &["Ann, online", "Carla, online"]);
}

#[test]
fn typing_is_told_and_ends() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    let bob = Peer::of(&world, "Bob");
    bob.types("lobby", true);
    ann.meets(Role::Status, "Bob is typing");
    let carla = Peer::of(&world, "Carla");
    carla.types("lobby", true);
    ann.meets(Role::Status, "Bob and Carla are typing");
    bob.types("lobby", false);
    ann.meets(Role::Status, "Carla is typing");
    carla.types("lobby", false);
    ann.loses(Role::Status, "Carla is typing");
}

#[test]
fn a_lost_connection_is_told_and_found_again() {
    let mut world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    assert!(!ann.has(Role::Group, "Connection"));
    world.stop_server();
    ann.sees("Reconnecting, retry in");
    ann.meets(Role::Button, "Retry now");
    world.start_server();
    ann.clicks(Role::Button, "Retry now");
    ann.loses(Role::Group, "Connection");
    ann.clicks(Role::Button, "New room");
    ann.is_at(Role::TextInput, "Name");
    ann.types("again");
    ann.clicks(Role::Button, "Create room");
    ann.meets(Role::Heading, "# again");
}

#[test]
fn what_needs_the_server_says_so_without_it() {
    let mut world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    world.stop_server();
    ann.sees("Reconnecting, retry in");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.meets(Role::Alert, "Not connected; try again once connected.");
}
