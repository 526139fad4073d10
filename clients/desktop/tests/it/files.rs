//! Files in both directions.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use desktop::Options;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Color32, ColorImage, DroppedFile, Event, HoveredFile, Key, Modifiers, OutputCommand,
};
use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use testing::{Proxy, World};

use crate::compose::FIELD;
use crate::window::{Window, profile};

const MIB: usize = 1 << 20;

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

impl Window {
    /// Lets go of these over the window.
    pub(crate) fn drops(&mut self, paths: &[&Path]) {
        let dropped = paths
            .iter()
            .map(|path| Arc::new(Dropped((*path).to_owned())) as _);
        self.harness.input_mut().dropped_files = dropped.collect();
        self.harness.step();
    }

    /// As a person closes it.
    fn closes(self) {
        let mut app = self.harness.into_state();
        eframe::App::on_exit(&mut app, None);
    }

    fn sends_at_once(&mut self, path: &Path) {
        self.is_at(Role::MultilineTextInput, FIELD);
        self.drops(&[path]);
        self.sees(name_of(path));
        self.enters();
    }
}

fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A file with nothing in it that repeats.
fn file(world: &World, name: &str, size: usize) -> PathBuf {
    let path = world.folder.path().join(name);
    let mut state = 88_172_645_463_325_252_u64;
    let bytes: Vec<u8> = (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    fs::write(&path, bytes).unwrap();
    path
}

/// A window of the server that others reach, or, through a proxy, of another address.
fn options(world: &World, name: &str, server: &str) -> Options {
    Options {
        profile_root: profile(world, name),
        server: Some(server.parse().unwrap()),
        fingerprint: None,
        name: Some(name.parse().unwrap()),
        files: Vec::new(),
    }
}

/// Where this person's downloads go.
fn downloads(world: &World, name: &str) -> PathBuf {
    let folder = world.folder.path().join(format!("downloads of {name}"));
    set_downloads(world, name, &folder);
    folder
}

fn set_downloads(world: &World, name: &str, folder: &Path) {
    let root = profile(world, name);
    fs::create_dir_all(&root).unwrap();
    let settings = json!({ "download_folder": folder }).to_string();
    fs::write(root.join("desktop.json"), settings).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn files_of_the_command_line_are_sent_and_fetched_as_they_are() {
    let world = World::start();
    let folder = downloads(&world, "Bob");
    let path = file(&world, "notes.bin", 3 * MIB + 17);
    let mut ann = Window::open(Options {
        files: vec![path.clone()],
        ..options(&world, "Ann", world.tcp())
    });
    let mut bob = Window::of(&world, "Bob");
    bob.sees(FIELD);
    ann.sees("notes.bin");
    // A message of files alone.
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.enters();
    bob.clicks(Role::Button, "Download notes.bin");
    bob.sees("verified ✓");
    let bytes = fs::read(&path).unwrap();
    assert_eq!(names(&folder), ["notes.bin"]);
    assert!(fs::read(folder.join("notes.bin")).unwrap() == bytes);
    bob.meets(Role::Button, "Show notes.bin in its folder");

    bob.clicks(Role::Button, "Download notes.bin");
    bob.until("the second one", |_| names(&folder).len() == 2);
    bob.sees("verified ✓");
    assert_eq!(names(&folder), ["notes (1).bin", "notes.bin"]);
    assert!(fs::read(folder.join("notes (1).bin")).unwrap() == bytes);
    bob.meets(Role::Button, "Copy link to notes.bin");
}

#[test]
fn who_has_sent_a_file_sees_to_its_link() {
    let world = World::start();
    let path = file(&world, "notes.bin", 20_000);
    let mut ann = Window::open(Options {
        files: vec![path],
        ..options(&world, "Ann", world.tcp())
    });
    ann.sees("notes.bin");
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.enters();
    ann.meets(Role::Button, "Download notes.bin");
    ann.clicks(Role::Button, "What to do with the message of Ann");
    ann.clicks(Role::MenuItem, "Link to notes.bin");
    ann.sees("Downloads by the link");
    ann.writes(Role::TextInput, "Downloads from now on", "7");
    ann.presses(Modifiers::NONE, Key::Enter);
    ann.sees("Downloads that are left");
    ann.clicks(Role::Button, "Link to the page");
    ann.meets(Role::Image, "QR code");
    ann.meets(Role::Button, "Copy link");
    ann.text_holding("/share/");
}

#[test]
fn files_are_dropped_several_at_once_and_what_is_none_is_told() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    ann.harness.input_mut().hovered_files = vec![HoveredFile::default()];
    ann.sees("Drop to attach to #lobby");
    ann.harness.input_mut().hovered_files.clear();
    ann.until("the end of it", |harness| {
        harness.query_by_label("Drop to attach to #lobby").is_none()
    });

    let (one, two) = (file(&world, "one.txt", 10), file(&world, "two.txt", 0));
    let missing = world.folder.path().join("missing.txt");
    ann.types("see these");
    ann.drops(&[&one, world.folder.path(), &missing, &two]);
    ann.sees("one.txt");
    ann.sees("two.txt");
    ann.sees("Folders cannot be attached");
    ann.sees("missing.txt cannot be read: there is nothing of this name");
    ann.enters();
    bob.sees("see these");
    bob.meets(Role::Button, "Download one.txt");
    bob.meets(Role::Button, "Download two.txt");
    ann.drafts("");
}

#[test]
fn a_pasted_image_is_kept_until_it_is_sent() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    let image = ColorImage::filled([400, 200], Color32::from_rgb(200, 30, 30));
    ann.harness.event(Event::PasteImage(Arc::new(image)));
    ann.sees("Pasted image");
    ann.enters();
    bob.until("the image", |harness| {
        let mut images = harness.query_all_by_role(Role::Image);
        images.any(|image| image.rect().size() == eframe::egui::vec2(400.0, 200.0))
    });
    let server = world.tcp().replace(':', "_");
    let pasted = profile(&world, "Ann").join(server).join("pasted");
    assert!(pasted.is_dir());
    ann.until("the end of the copy", |_| names(&pasted).is_empty());
}

#[test]
fn a_message_waits_for_its_files_in_sight() {
    let mut world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    world.stop_server();
    let path = file(&world, "late.bin", 2 * MIB);
    ann.types("with a file");
    ann.drops(&[&path]);
    ann.sees("late.bin");
    ann.enters();
    ann.drafts("");
    ann.meets(Role::ProgressIndicator, "Upload of late.bin");
    world.start_server();
    bob.meets(Role::Button, "Download late.bin");
    ann.meets(Role::Button, "Download late.bin");
}

#[test]
fn an_upload_shows_how_far_it_is_and_can_be_cancelled() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let mut ann = Window::open(options(&world, "Ann", &proxy.address));
    ann.is_at(Role::MultilineTextInput, FIELD);
    let path = file(&world, "big.bin", 24 * MIB);
    proxy.up.allow(6 * MIB as u64);
    ann.drops(&[&path]);
    ann.sees("% of 25 MB");
    ann.clicks(Role::Button, "Cancel big.bin");
    ann.loses(Role::Button, "Cancel big.bin");
    proxy.up.allow(u64::MAX);
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.types("without");
    ann.enters();
    ann.sees("without");
    assert!(!ann.has(Role::Button, "Download big.bin"));
}

#[test]
fn a_file_is_seen_to_come_after_its_message_and_can_be_given_up() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let mut ann = Window::open(options(&world, "Ann", &proxy.address));
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    let path = file(&world, "big.bin", 64 * MIB);
    proxy.up.allow(2 * MIB as u64);
    ann.sends_at_once(&path);
    // The message waits for a moment, and then behind what is on its way.
    proxy.up.wait_until_full();
    std::thread::sleep(std::time::Duration::from_millis(700));
    ann.sees("big.bin");
    proxy.up.allow(9 * MIB as u64);
    bob.meets(Role::ProgressIndicator, "Upload of big.bin");
    assert!(!bob.has(Role::Button, "Cancel big.bin"), "it is not his");
    ann.clicks(Role::Button, "Cancel big.bin");
    proxy.up.allow(u64::MAX);
    bob.sees("was not sent");
    ann.sees("was not sent");
    ann.loses(Role::ProgressIndicator, "Upload of big.bin");
}

#[test]
fn an_upload_goes_on_after_the_window_was_closed() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let mut ann = Window::open(options(&world, "Ann", &proxy.address));
    ann.is_at(Role::MultilineTextInput, FIELD);
    let path = file(&world, "big.bin", 24 * MIB);
    proxy.up.allow(12 * MIB as u64);
    ann.drops(&[&path]);
    ann.sees("% of 25 MB");
    proxy.up.wait_until_full();
    ann.closes();

    let mut ann = Window::open(options(&world, "Ann", &proxy.address));
    proxy.up.allow(u64::MAX);
    // It is where it was, with the message that is to be written.
    ann.meets(Role::Button, "Cancel big.bin");
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.enters();
    let mut bob = Window::of(&world, "Bob");
    bob.meets(Role::Button, "Download big.bin");
    assert!(proxy.up.passed() < 20 * MIB as u64, "it began anew");
}

#[test]
fn a_download_goes_on_after_the_window_was_closed() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let folder = downloads(&world, "Bob");
    let path = file(&world, "big.bin", 24 * MIB);
    let mut ann = Window::of(&world, "Ann");
    ann.sends_at_once(&path);
    ann.meets(Role::Button, "Download big.bin");

    let mut bob = Window::open(options(&world, "Bob", &proxy.address));
    bob.meets(Role::Button, "Download big.bin");
    proxy.down.allow(12 * MIB as u64);
    bob.clicks(Role::Button, "Download big.bin");
    bob.sees("% of 25 MB");
    bob.meets(Role::Button, "Cancel the download of big.bin");
    proxy.down.wait_until_full();
    bob.closes();
    assert!(!folder.join("big.bin").exists());

    let mut bob = Window::open(options(&world, "Bob", &proxy.address));
    proxy.down.allow(u64::MAX);
    bob.sees("verified ✓");
    assert!(proxy.down.passed() < 20 * MIB as u64, "it began anew");
    assert_eq!(names(&folder), ["big.bin"]);
    assert!(fs::read(folder.join("big.bin")).unwrap() == fs::read(path).unwrap());
}

#[test]
fn a_download_survives_the_server_and_can_be_cancelled() {
    let mut world = World::start();
    let proxy = Proxy::start(world.tcp());
    let folder = downloads(&world, "Bob");
    let path = file(&world, "big.bin", 24 * MIB);
    let mut ann = Window::of(&world, "Ann");
    ann.sends_at_once(&path);
    ann.meets(Role::Button, "Download big.bin");
    let mut bob = Window::open(options(&world, "Bob", &proxy.address));
    bob.meets(Role::Button, "Download big.bin");
    proxy.down.allow(8 * MIB as u64);
    bob.clicks(Role::Button, "Download big.bin");
    bob.sees("% of 25 MB");
    proxy.down.wait_until_full();
    world.stop_server();
    proxy.down.allow(u64::MAX);
    world.start_server();
    bob.sees("verified ✓");
    assert_eq!(names(&folder), ["big.bin"]);

    proxy.down.allow(4 * MIB as u64);
    bob.clicks(Role::Button, "Download big.bin");
    bob.clicks(Role::Button, "Cancel the download of big.bin");
    bob.meets(Role::Button, "Download big.bin");
    assert!(!folder.join("big (1).bin").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_can_be_tried_again() {
    let world = World::start();
    let obstacle = file(&world, "obstacle", 1);
    set_downloads(&world, "Bob", &obstacle.join("downloads"));
    let path = file(&world, "notes.txt", 100);
    let mut ann = Window::of(&world, "Ann");
    ann.sends_at_once(&path);
    let mut bob = Window::of(&world, "Bob");
    bob.clicks(Role::Button, "Download notes.txt");
    bob.sees("cannot be written");
    fs::remove_file(&obstacle).unwrap();
    bob.clicks(Role::Button, "Try again to download notes.txt");
    bob.sees("verified ✓");
    assert_eq!(names(&obstacle.join("downloads")), ["notes.txt"]);
}

#[test]
fn a_file_that_changed_on_the_way_is_told_and_sent_as_it_is_now() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let folder = downloads(&world, "Bob");
    let mut ann = Window::open(options(&world, "Ann", &proxy.address));
    ann.is_at(Role::MultilineTextInput, FIELD);
    let path = file(&world, "log.bin", 24 * MIB);
    proxy.up.allow(4 * MIB as u64);
    ann.drops(&[&path]);
    ann.sees("% of 25 MB");
    proxy.up.wait_until_full();
    let mut bytes = fs::read(&path).unwrap();
    bytes.reverse();
    fs::write(&path, &bytes).unwrap();
    proxy.up.allow(u64::MAX);
    ann.sees("was changed during the upload");
    ann.meets(Role::Button, "Choose log.bin again");
    ann.clicks(Role::Button, "Try again to send log.bin");
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.enters();
    let mut bob = Window::of(&world, "Bob");
    bob.clicks(Role::Button, "Download log.bin");
    bob.sees("verified ✓");
    assert!(fs::read(folder.join("log.bin")).unwrap() == bytes);

    // Another size is another file.
    proxy.up.allow(0);
    ann.drops(&[&path]);
    ann.meets(Role::Button, "Cancel log.bin");
    fs::write(&path, "short").unwrap();
    proxy.up.allow(u64::MAX);
    ann.clicks(Role::Button, "Try again to send log.bin");
    ann.sees("not as large as it was");
}

#[test]
fn images_are_shown_and_opened_and_broken_ones_are_files() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let whole = world.folder.path().join("whole.png");
    image::RgbImage::from_pixel(800, 400, image::Rgb([20, 90, 200]))
        .save(&whole)
        .unwrap();
    let other = world.folder.path().join("other.png");
    image::RgbImage::from_pixel(300, 300, image::Rgb([200, 90, 20]))
        .save(&other)
        .unwrap();
    let broken = world.folder.path().join("broken.png");
    let bytes = fs::read(&whole).unwrap();
    fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.drops(&[&whole, &other]);
    ann.enters();
    ann.drops(&[&broken]);
    ann.enters();

    let mut bob = Window::of(&world, "Bob");
    bob.meets(Role::Button, "Download broken.png");
    assert!(!bob.has(Role::Image, "broken.png"));
    bob.until("no more room than a file takes", |harness| {
        let card = harness.get_by_label("Download broken.png").rect();
        let field = harness.get_by_label(FIELD).rect();
        field.top() - card.bottom() < 100.0
    });
    bob.clicks(Role::Image, "whole.png");
    bob.meets(Role::Button, "Close the image");
    bob.sees("1 of 2");
    bob.presses(Modifiers::NONE, Key::ArrowRight);
    bob.sees("2 of 2");
    bob.meets(Role::Button, "Download other.png");
    let copy = bob.harness.get_by_label("Copy link to other.png");
    copy.click();
    bob.harness.step();
    let commands = &bob.harness.output().platform_output.commands;
    let start = format!("http://{}/files/", world.http());
    assert!(
        commands.iter().any(|command| matches!(command,
            OutputCommand::CopyText(text) if text.starts_with(&start) && text.ends_with("/other.png"))),
        "{commands:?}"
    );
    bob.presses(Modifiers::NONE, Key::Escape);
    bob.loses(Role::Button, "Close the image");
    bob.is_at(Role::MultilineTextInput, FIELD);
}
