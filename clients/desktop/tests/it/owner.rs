//! People with accounts: whoever owns the server, and the window of theirs.

use eframe::egui::accesskit::Role;
use eframe::egui::vec2;
use testing::World;

use crate::connect::{enter, fill, form, press};
use crate::window::{Window, profile};

pub(crate) const PASSWORD: &str = "correct horse battery";

impl Window {
    /// The window of a person who makes an account by the owner's link.
    pub(crate) fn owner(world: &World, name: &str) -> Self {
        let mut window = form(&profile(world, name));
        fill(&mut window, "Server", world.tcp());
        fill(&mut window, "Your name", name);
        press(&mut window, "I have an invitation link");
        let link = world.owners_link().expect("nobody owns it");
        fill(&mut window, "Invitation link", &link);
        press(&mut window, "Connect");
        window.sees("Choose a password for your account.");
        enter(&mut window, "Password", PASSWORD);
        press(&mut window, "Connect");
        window.meets(Role::Heading, "# lobby");
        window.harness.set_size(vec2(1280.0, 800.0));
        window
    }

    /// Opens a page of one's own or of the administration.
    pub(crate) fn opens(&mut self, name: &str, menu: &str, tab: &str) {
        self.clicks(Role::Button, &format!("{name}, menu"));
        self.clicks(Role::MenuItem, menu);
        self.clicks(Role::Tab, tab);
    }
}
