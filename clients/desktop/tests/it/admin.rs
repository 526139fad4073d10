//! Looking after the server.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use shared::Role as Standing;
use testing::World;

use crate::owner::PASSWORD;
use crate::peer::Peer;
use crate::window::Window;

#[test]
fn people_are_found_and_what_was_done_is_written_down() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    let link = olga.invites();
    let mut bob = Peer::with_account(&world, "Bob", PASSWORD, &link);
    let _carla = Peer::of(&world, "Carla");
    olga.clicks(Role::Tab, "People");
    olga.meets(Role::Button, "What to do with Carla");
    olga.clicks(Role::TextInput, "Search people");
    olga.types("bo");
    olga.loses(Role::Button, "What to do with Carla");
    olga.clicks(Role::Button, "What to do with Bob");
    olga.clicks(Role::MenuItemRadio, "Admin");
    bob.until(|view| view.role == Standing::Admin);
    olga.sees("Admin · ");

    olga.clicks(Role::Button, "What to do with Bob");
    olga.clicks(Role::MenuItem, "Link for a new password");
    olga.meets(Role::Dialog, "New password for Bob");
    olga.meets(Role::Image, "QR code");
    olga.clicks(Role::Button, "Close");

    olga.clicks(Role::Button, "What to do with Bob");
    olga.clicks(Role::MenuItem, "Remove from the server");
    olga.meets(Role::Dialog, "Remove Bob from the server?");
    olga.clicks(Role::CheckBox, "Remove all that they wrote as well");
    olga.clicks(Role::Button, "Remove");
    olga.sees("Nobody of that name.");

    olga.clicks(Role::Tab, "Audit log");
    for did in ["set role", "reset password", "remove person"] {
        olga.sees(did);
    }
}

#[test]
fn settings_are_changed_and_storage_is_shown() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Administration", "Settings");
    olga.clicks(Role::CheckBox, "Guests may come in with only a name");
    olga.clicks(Role::Button, "Save");
    olga.meets(Role::Status, "The settings are saved.");
    olga.clicks(Role::Tab, "Storage");
    olga.sees("Left on the disk");
    olga.clicks(Role::Tab, "Rooms");
    olga.meets(Role::Button, "Open");
    olga.clicks(Role::Button, "Open");
    olga.meets(Role::Heading, "# lobby");
}

#[test]
fn a_report_is_looked_at() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    let mut bob = Peer::of(&world, "Bob");
    bob.says("lobby", "This is borderline");
    let mut ann = Window::of(&world, "Ann");
    ann.sees("This is borderline");
    ann.clicks(Role::Button, "What to do with the message of Bob");
    ann.clicks(Role::MenuItem, "Report to the admins");
    ann.meets(Role::Dialog, "Report a message");
    ann.types("Not nice");
    ann.clicks(Role::Button, "Report");
    ann.meets(Role::Status, "The admins will look at it.");
    olga.opens("Olga", "Administration", "Reports");
    olga.sees("Not nice");
    olga.clicks(Role::Button, "Remove message");
    olga.sees("Nobody has reported anything.");
    olga.presses(Modifiers::NONE, Key::Escape);
    olga.sees("wrote a message that was removed");
}

impl Window {
    /// Makes an invitation to the server. Returns its link; the page of invitations stays open.
    fn invites(&mut self) -> String {
        self.opens("Olga", "Administration", "Invitations");
        self.clicks(Role::Button, "New invitation");
        self.clicks(Role::Button, "Make a link");
        self.meets(Role::Dialog, "Invitation to this server");
        self.meets(Role::Button, "Copy link");
        let link = self.text_holding("#invite=");
        self.clicks(Role::Button, "Close");
        self.sees("used 0 of 10 times");
        link
    }
}
