//! Saying things and seeing them.

use testing::World;

use crate::window::Window;

#[test]
fn two_windows_share_a_room() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.sees("# lobby");
    let mut bob = Window::of(&world, "Bob");
    bob.sees("# lobby");
}
