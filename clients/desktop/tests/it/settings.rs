//! What is set stays set, and a full disk loses nothing.

use std::fs;
use std::path::{Path, PathBuf};

use desktop::Options;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Theme, ViewportCommand, ViewportEvent, ViewportId};
use shared::EventBody;
use testing::World;

use crate::peer::Peer;
use crate::window::{Window, profile};

fn again(root: &Path) -> Window {
    Window::open(Options {
        profile_root: root.to_owned(),
        ..Options::default()
    })
}

fn open_settings(window: &mut Window) {
    window.clicks(Role::Button, "Ann, menu");
    window.clicks(Role::MenuItem, "Settings");
    window.meets(Role::Dialog, "Settings");
}

#[test]
fn appearance_and_zoom_are_chosen_and_remembered() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    assert_eq!(
        ann.harness.ctx.theme(),
        Theme::Light,
        "nobody wants another"
    );
    open_settings(&mut ann);
    ann.clicks(Role::RadioButton, "Dark");
    ann.until("darkness", |harness| harness.ctx.theme() == Theme::Dark);
    ann.clicks(Role::Button, "Larger");
    ann.until("110 %", |harness| harness.ctx.zoom_factor() == 1.1);
    ann.sees("110 %");
    ann.sees(world.tcp());
    ann.clicks(Role::Button, "Close");
    drop(ann);

    let mut ann = again(&profile(&world, "Ann"));
    ann.meets(Role::Heading, "# lobby");
    assert_eq!(ann.harness.ctx.theme(), Theme::Dark);
    assert_eq!(ann.harness.ctx.zoom_factor(), 1.1);
    open_settings(&mut ann);
    ann.clicks(Role::Button, "100 %");
    ann.clicks(Role::RadioButton, "Light");
    ann.until("light", |harness| harness.ctx.theme() == Theme::Light);
    assert_eq!(ann.harness.ctx.zoom_factor(), 1.0);
}

#[test]
fn a_download_folder_can_be_given_back() {
    let world = World::start();
    let root = profile(&world, "Ann");
    fs::create_dir_all(&root).unwrap();
    fs::write(
        root.join("desktop.json"),
        r#"{"download_folder": "/some/where"}"#,
    )
    .unwrap();
    let mut ann = Window::of(&world, "Ann");
    open_settings(&mut ann);
    ann.sees("Files go to: /some/where");
    ann.clicks(Role::Button, "Use the usual one");
    ann.sees("The folder that your desktop has for downloads");
}

/// Where the state is written before it takes its name. A folder there is as good as a full disk.
fn obstacle(world: &World) -> PathBuf {
    let server = world.tcp().replace(':', "_");
    let folder = profile(world, "Ann").join(server);
    assert!(folder.is_dir());
    folder.join("state-0.new")
}

#[test]
fn what_cannot_be_stored_is_told_and_kept() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Peer::of(&world, "Bob");
    bob.says("lobby", "before");
    ann.sees("before");
    // Not while it is being written.
    while fs::create_dir(obstacle(&world)).is_err() {
        ann.harness.step();
    }
    write(&mut ann, "kept");
    ann.sees("Nothing can be stored");
    ann.sees("before");
    ann.sees("kept");
    ann.clicks(Role::Button, "Try again");
    ann.sees("Nothing can be stored");

    // Closing asks once.
    let viewport = ann.harness.input_mut().viewports.get_mut(&ViewportId::ROOT);
    viewport.unwrap().events.push(ViewportEvent::Close);
    ann.until("the window to stay", |harness| {
        let output = &harness.output().viewport_output[&ViewportId::ROOT];
        output.commands.contains(&ViewportCommand::CancelClose)
    });
    ann.meets(Role::Button, "Close anyway");

    fs::remove_dir(obstacle(&world)).unwrap();
    ann.clicks(Role::Button, "Try again");
    ann.loses(Role::Button, "Try again");
    bob.until(|view| {
        let rooms = view.rooms.values();
        let mut events = rooms.flat_map(|room| room.timeline.events());
        events.any(
            |event| matches!(&event.event, EventBody::MessageSent { text, .. } if text == "kept"),
        )
    });
}

fn write(window: &mut Window, text: &str) {
    window.meets(Role::MultilineTextInput, FIELD);
    window.is_at(Role::MultilineTextInput, FIELD);
    window.types(text);
    window.presses(Modifiers::NONE, Key::Enter);
}

const FIELD: &str = "Message to #lobby";
