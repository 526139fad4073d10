//! One's own account: profile, picture, password, second factor, sessions and bots.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable as _;
use testing::World;

use crate::connect::{enter, fill, form};
use crate::owner::PASSWORD;
use crate::peer::Peer;
use crate::window::{Window, profile};

#[test]
fn a_profile_is_changed_and_others_see_it() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Profile and account", "Profile");
    olga.meets(Role::TextInput, "Status");
    enter(&mut olga, "Status", "In the garden");
    olga.clicks(Role::Button, "Save");
    olga.meets(Role::Status, "Your profile is saved.");
    olga.presses(Modifiers::NONE, Key::Escape);
    olga.is_at(Role::MultilineTextInput, "Message to #lobby");
    let mut ann = Window::of(&world, "Ann");
    ann.clicks(Role::Button, "Olga");
    ann.meets(Role::Dialog, "Profile");
    ann.sees("In the garden");
    ann.sees("Owner");
}

#[test]
fn a_picture_is_dropped_and_taken_back() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Profile and account", "Profile");
    olga.meets(Role::Button, "Choose a picture");
    assert!(!olga.has(Role::Button, "Remove picture"));
    let text = world.folder.path().join("no picture.png");
    std::fs::write(&text, "no picture").unwrap();
    olga.drops(&[&text]);
    olga.meets(
        Role::Status,
        "This is no picture that this window can read.",
    );

    let picture = world.folder.path().join("me.png");
    let pixels = image::RgbImage::from_pixel(400, 100, image::Rgb([200, 0, 0]));
    pixels.save(&picture).unwrap();
    olga.drops(&[&picture]);
    olga.meets(Role::Button, "Remove picture");
    let mut bob = Peer::of(&world, "Bob");
    let avatar = bob.profile_of("Olga").avatar;
    assert!(avatar.unwrap().starts_with("/files/"));

    olga.clicks(Role::Button, "Remove picture");
    olga.loses(Role::Button, "Remove picture");
    assert_eq!(bob.profile_of("Olga").avatar, None);
}

#[test]
fn a_password_is_changed_and_a_wrong_one_is_told_in_place() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Profile and account", "Security");
    olga.meets(Role::Group, "Password");
    enter(&mut olga, "Current password", "not this one at all");
    enter(&mut olga, "New password", "another long password");
    olga.clicks(Role::Button, "Change password");
    olga.until("what is wrong", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    enter(&mut olga, "Current password", PASSWORD);
    enter(&mut olga, "New password", "another long password");
    olga.clicks(Role::Button, "Change password");
    olga.meets(Role::Status, "Your password is changed.");
    olga.close();

    let root = profile(&world, "Olga elsewhere");
    let mut again = form(&root);
    fill(&mut again, "Server", world.tcp());
    fill(&mut again, "Your name", "Olga");
    enter(&mut again, "Password", "another long password");
    again.clicks(Role::Button, "Connect");
    again.meets(Role::Heading, "# lobby");
}

#[test]
fn a_second_factor_is_shown_as_a_code() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Profile and account", "Security");
    olga.meets(Role::Group, "Second factor");
    olga.writes(Role::PasswordInput, "Password", PASSWORD);
    olga.clicks(Role::Button, "Set up");
    olga.meets(Role::Dialog, "Second factor");
    olga.meets(Role::Image, "QR code");
    olga.is_at(Role::TextInput, "Code");
    olga.types("000000");
    olga.presses(Modifiers::NONE, Key::Enter);
    olga.until("what is wrong", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    olga.is_at(Role::TextInput, "Code");
}

#[test]
fn sessions_are_listed_and_ended() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    let root = profile(&world, "Olga elsewhere");
    let mut elsewhere = form(&root);
    fill(&mut elsewhere, "Server", world.tcp());
    fill(&mut elsewhere, "Your name", "Olga");
    enter(&mut elsewhere, "Password", PASSWORD);
    elsewhere.clicks(Role::Button, "Connect");
    elsewhere.meets(Role::Heading, "# lobby");

    olga.opens("Olga", "Profile and account", "Sessions");
    olga.sees("This one");
    olga.clicks(Role::Button, "Sign out everywhere else");
    let question = "Sign out everywhere else?";
    olga.clicks_in(question, Role::Button, "Sign out");
    olga.loses(Role::Dialog, "Sign out everywhere else?");
    olga.loses(Role::Button, "Sign out everywhere else");
    elsewhere.sees("Connect to Chinwag");
    assert!(olga.has(Role::Tab, "Sessions"));
}

#[test]
fn a_bot_gets_a_token_that_is_shown_once() {
    let world = World::start();
    let mut olga = Window::owner(&world, "Olga");
    olga.opens("Olga", "Profile and account", "Bots");
    olga.sees("You have no bots.");
    olga.clicks(Role::Button, "New bot");
    olga.is_at(Role::TextInput, "Name");
    olga.types("build-bot");
    olga.clicks(Role::Button, "Create bot");
    olga.meets(Role::Dialog, "Token of build-bot");
    olga.clicks(Role::Button, "Copy token");
    olga.meets(Role::Status, "Copied.");
    olga.clicks(Role::Button, "Close");
    olga.sees("read, send · never used");
    olga.clicks(Role::Button, "What to do with build-bot");
    olga.clicks(Role::MenuItem, "Remove");
    olga.meets(Role::Dialog, "Remove build-bot?");
    olga.clicks(Role::Button, "Remove");
    olga.sees("You have no bots.");
}

#[test]
fn a_guest_makes_an_account_and_stays_who_they_are() {
    let mut world = World::start();
    world.stop_server();
    world.registration = Some(shared::account::Registration::Open);
    world.start_server();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, "Message to #lobby");
    ann.types("Said as a guest");
    ann.presses(Modifiers::NONE, Key::Enter);
    // All of the page is in sight.
    ann.harness.set_size(vec2(1100.0, 1000.0));
    ann.opens("Ann", "Profile and account", "Profile");
    ann.writes(Role::PasswordInput, "Password", "short");
    ann.clicks(Role::Button, "Create account");
    ann.until("what is wrong", |harness| {
        harness.query_by_role(Role::Alert).is_some()
    });
    ann.writes(Role::PasswordInput, "Password", PASSWORD);
    ann.clicks(Role::Button, "Create account");
    ann.meets(Role::Status, "You have an account now.");
    ann.loses(Role::Button, "Create account");
    ann.meets(Role::Tab, "Bots");
    ann.close();

    let mut again = form(&profile(&world, "Ann elsewhere"));
    fill(&mut again, "Server", world.tcp());
    fill(&mut again, "Your name", "Ann");
    enter(&mut again, "Password", PASSWORD);
    again.clicks(Role::Button, "Connect");
    again.sees("Said as a guest");
}

#[test]
fn guests_have_neither_password_nor_bots() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.opens("Ann", "Profile and account", "Security");
    ann.sees("You are here as a guest");
    assert!(!ann.has(Role::Tab, "Bots"));
    let _bob = Peer::of(&world, "Bob");
    ann.clicks(Role::Button, "Ann, menu");
    ann.meets(Role::MenuItem, "Profile and account");
    assert!(!ann.has(Role::MenuItem, "Administration"));
}
