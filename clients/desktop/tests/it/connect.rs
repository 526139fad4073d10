//! The form to connect with, and every way in which connecting fails.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use desktop::Options;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use native::{Profile, ServerAddress};
use testing::World;

use crate::window::{Window, profile};

/// The window of somebody who has to say everything.
pub(crate) fn form(root: &Path) -> Window {
    Window::open(Options {
        profile_root: root.to_owned(),
        ..Options::default()
    })
}

pub(crate) fn connecting(root: &Path, server: &str, name: &str) -> Window {
    Window::open(Options {
        profile_root: root.to_owned(),
        server: Some(server.parse().unwrap()),
        fingerprint: None,
        name: Some(name.parse().unwrap()),
        files: Vec::new(),
    })
}

pub(crate) fn fill(window: &mut Window, field: &str, text: &str) {
    enter(window, field, text);
    assert_eq!(value(window, field), text);
}

/// As [`fill`], also where it is not shown.
pub(crate) fn enter(window: &mut Window, field: &str, text: &str) {
    window.sees(field);
    window.harness.get_by_label(field).focus();
    window.harness.step();
    window
        .harness
        .key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.harness.event(Event::Text(text.to_owned()));
    window.harness.step();
}

pub(crate) fn value(window: &Window, field: &str) -> String {
    window
        .harness
        .get_by_label(field)
        .value()
        .unwrap_or_default()
}

pub(crate) fn press(window: &mut Window, button: &str) {
    window.sees(button);
    // What moved the button is drawn, too.
    window.harness.run_steps(2);
    let node = window.harness.get_by_role_and_label(Role::Button, button);
    node.click();
    window.harness.step();
}

/// The room is there.
pub(crate) fn is_in(window: &mut Window) {
    window.until("the lobby", |harness| {
        let mut rooms = harness.query_all_by_label_contains("lobby");
        rooms.next().is_some()
    });
}

/// A program that answers each connection as `serve` does. Returns its address.
fn stranger(serve: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

fn home() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    (folder, root)
}

#[test]
fn both_fields_are_checked_and_enter_connects() {
    let world = World::start();
    let mut window = form(&profile(&world, "Ann"));
    assert_eq!(value(&window, "Server"), "127.0.0.1:7878");
    fill(&mut window, "Server", "http://chat.example/");
    press(&mut window, "Connect");
    window.sees("Write HOST:PORT without http://");
    window.sees("name");
    fill(&mut window, "Server", world.tcp());
    fill(&mut window, "Your name", "  ");
    press(&mut window, "Connect");
    assert!(
        window
            .harness
            .query_by_label_contains("Write HOST:PORT")
            .is_none()
    );
    fill(&mut window, "Your name", "Ann");
    window.harness.key_press(Key::Enter);
    is_in(&mut window);
}

#[test]
fn an_unreachable_server_is_tried_again_until_it_is_there() {
    let mut world = World::start();
    world.stop_server();
    let mut window = connecting(&profile(&world, "Ann"), world.tcp(), "Ann");
    window.sees("cannot be reached: nothing listens there");
    window.sees("Reconnecting, retry in");
    window.sees("Retry now");
    world.start_server();
    // On a slow machine it has come back by itself by now.
    if window.has(Role::Button, "Retry now") {
        press(&mut window, "Retry now");
    }
    is_in(&mut window);
}

#[test]
fn one_can_give_up_and_change_the_address() {
    let mut world = World::start();
    let there = world.tcp().to_owned();
    let nowhere = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let mut window = connecting(&profile(&world, "Ann"), &nowhere, "Ann");
    window.sees("cannot be reached");
    press(&mut window, "Cancel");
    assert_eq!(value(&window, "Your name"), "Ann");
    fill(&mut window, "Server", &there);
    press(&mut window, "Connect");
    is_in(&mut window);
    world.stop_server();
}

#[test]
fn the_page_of_a_server_is_named_as_what_it_is() {
    let world = World::start();
    let root = profile(&world, "Ann");
    let mut window = connecting(&root, world.http(), "Ann");
    window.sees("is no Chinwag server: it answers as a web server");
    window.sees("Check the port");
    fill(&mut window, "Server", world.tcp());
    press(&mut window, "Connect");
    is_in(&mut window);
}

#[test]
fn other_strangers_are_named_too() {
    let ssh = stranger(|mut stream| {
        stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").unwrap();
        let _ = BufReader::new(stream).lines().count();
    });
    let (_folder, root) = home();
    let mut window = connecting(&root, &ssh, "Ann");
    window.sees("it answers as an SSH server");

    let gibberish = stranger(|mut stream| {
        stream.write_all(b"hello there\n").unwrap();
        let _ = BufReader::new(stream).lines().count();
    });
    let mut window = connecting(&root, &gibberish, "Ann");
    window.sees("it does not speak Chinwag's protocol");
}

#[test]
fn silence_is_an_answer_after_a_while() {
    let silent = stranger(|stream| {
        let _ = BufReader::new(stream).lines().count();
    });
    let (_folder, root) = home();
    let mut window = connecting(&root, &silent, "Ann");
    window.sees("Connecting to");
    window.sees("The server does not answer.");
    window.sees("Retry now");
}

#[test]
fn a_server_of_another_protocol_says_which_side_is_old() {
    let newer = stranger(|stream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        lines.next().unwrap().unwrap();
        let mut stream = stream;
        let refusal = r#"{"type":"error","request_id":1,"code":"unsupported_protocol","message":"This server speaks protocol 9; update the older side."}"#;
        writeln!(stream, "{refusal}").unwrap();
        lines.count();
    });
    let (_folder, root) = home();
    // It would wait for the end of a line that TLS begins with.
    let mut window = connecting(&root, &format!("chinwag://{newer}"), "Ann");
    window.sees("This server speaks protocol 9; update the older side.");
    window.sees("Retry now");
}

#[test]
fn a_name_that_is_taken_stays_to_be_changed() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    is_in(&mut ann);
    let root = profile(&world, "another Ann");
    let mut window = connecting(&root, world.tcp(), "Ann");
    window.sees("Somebody else has this name");
    assert_eq!(value(&window, "Your name"), "Ann");
    fill(&mut window, "Your name", "Bob");
    press(&mut window, "Connect");
    is_in(&mut window);
}

#[test]
fn who_was_signed_in_sees_the_chat_at_once_even_offline() {
    let mut world = World::start();
    let root = profile(&world, "Ann");
    let mut window = connecting(&root, world.tcp(), "Ann");
    is_in(&mut window);
    drop(window);
    world.stop_server();
    let mut window = form(&root);
    window.until("a window without the form", |harness| {
        harness.query_by_label("Server").is_none()
    });
    window.sees("cannot be reached: nothing listens there");
    window.sees("Reconnecting, retry in");
    window.sees("Retry now");
    world.start_server();
    is_in(&mut window);
}

#[test]
fn the_form_says_who_one_is_on_a_server() {
    let world = World::start();
    let root = profile(&world, "Ann");
    let mut window = connecting(&root, world.tcp(), "Ann");
    is_in(&mut window);
    drop(window);
    std::fs::remove_file(root.join("desktop.json")).unwrap();
    let mut window = form(&root);
    window.sees("Your name");
    fill(&mut window, "Server", world.tcp());
    window.sees("You are Ann on this server.");
    assert!(window.harness.query_by_label("Your name").is_none());
    press(&mut window, "Connect");
    is_in(&mut window);
}

#[test]
fn a_claim_whose_answer_was_lost_goes_on() {
    let mut world = World::start();
    let root = profile(&world, "Ann");
    let server: ServerAddress = world.tcp().parse().unwrap();
    world.stop_server();
    let mut window = connecting(&root, world.tcp(), "Ann");
    window.sees("cannot be reached");
    drop(window);
    let claim = Profile::session_at(&root, &server).unwrap().unwrap();
    assert!(!claim.is_granted());
    world.start_server();
    let mut window = Window::open(Options {
        profile_root: root,
        server: Some(server),
        ..Options::default()
    });
    is_in(&mut window);
}

#[test]
fn a_profile_that_cannot_be_used_is_told() {
    let (folder, _) = home();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut window = connecting(&file, "127.0.0.1:1", "Ann");
    window.sees("cannot be used");
    window.sees("--profile-dir");
}

#[test]
fn too_many_programs_are_told() {
    let (_folder, root) = home();
    let server = "127.0.0.1:1".parse().unwrap();
    let opened = Profile::open(&root, &server).unwrap();
    let others: Vec<_> = std::iter::from_fn(|| opened.whole().ok()).collect();
    let mut window = connecting(&root, "127.0.0.1:1", "Ann");
    window.sees("programs use this profile already");
    drop(others);
    press(&mut window, "Connect");
    window.sees("cannot be reached");
}

#[test]
fn signing_out_leads_back_to_a_form_that_is_filled_in() {
    let world = World::start();
    let mut window = Window::of(&world, "Ann");
    is_in(&mut window);
    press(&mut window, "Ann, menu");
    window.until("the menu", |harness| {
        harness
            .query_by_role_and_label(Role::MenuItem, "Sign out")
            .is_some()
    });
    let item = window
        .harness
        .get_by_role_and_label(Role::MenuItem, "Sign out");
    item.click();
    window.harness.step();
    press(&mut window, "Sign out");
    window.sees("Your name");
    assert_eq!(value(&window, "Server"), world.tcp());
    assert_eq!(value(&window, "Your name"), "Ann");
}

#[test]
fn an_account_is_made_by_a_link_and_come_back_to_by_its_password() {
    let world = World::start();
    let (_folder, root) = home();
    let mut window = form(&root);
    fill(&mut window, "Server", world.tcp());
    fill(&mut window, "Your name", "Olga");
    press(&mut window, "I have an invitation link");
    fill(&mut window, "Invitation link", "not a link");
    press(&mut window, "Connect");
    window.sees("This is no link of an invitation; it looks like https://…/#invite=…");
    let link = world.owners_link().expect("nobody owns it");
    fill(&mut window, "Invitation link", &link);
    press(&mut window, "Connect");
    window.sees("Choose a password for your account.");
    enter(&mut window, "Password", "correct horse");
    press(&mut window, "Connect");
    is_in(&mut window);
    window.close();

    let (_elsewhere, root) = home();
    let mut window = form(&root);
    fill(&mut window, "Server", world.tcp());
    fill(&mut window, "Your name", "Olga");
    enter(&mut window, "Password", "wrong horse");
    press(&mut window, "Connect");
    window.sees("No account has this name and password.");
    enter(&mut window, "Password", "correct horse");
    press(&mut window, "Connect");
    is_in(&mut window);
}
