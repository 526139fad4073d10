//! Short notes that go by themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::DroppedFile;
use eframe::egui::accesskit::Role;
use testing::World;

use crate::window::Window;

#[derive(Debug)]
struct Missing(PathBuf);

impl DroppedFile for Missing {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("it is not there".to_owned())
    }
}

/// Drops a file that is not there, which is told.
fn drop_missing(window: &mut Window, world: &World, name: &str) {
    let file = Missing(world.folder.path().join(name));
    let files = &mut window.harness.input_mut().dropped_files;
    files.push(Arc::new(file));
    window.sees(name);
}

#[test]
fn notes_are_told_and_go() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.meets(Role::Heading, "# lobby");
    drop_missing(&mut ann, &world, "missing.txt");
    ann.clicks(Role::Button, "Dismiss");
    ann.loses(Role::Button, "Dismiss");
    drop_missing(&mut ann, &world, "gone.txt");
    ann.loses(Role::Button, "Dismiss");
}
