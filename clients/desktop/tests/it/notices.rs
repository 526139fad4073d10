//! What is announced of rooms that nobody looks at, and what the title says.

use std::cell::RefCell;
use std::rc::Rc;

use desktop::{Announce, Notice};
use eframe::egui::accesskit::Role;
use eframe::egui::{ViewportCommand, ViewportId};
use egui_kittest::kittest::Queryable as _;
use shared::RoomId;
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

/// Shows nothing and remembers all of it.
#[derive(Default)]
struct Desk {
    shown: Vec<Notice>,
    withdrawn: Vec<RoomId>,
    clicked: Vec<RoomId>,
    trouble: Option<String>,
}

impl Announce for Desk {
    fn show(&mut self, notice: Notice) {
        self.shown.push(notice);
    }

    fn withdraw(&mut self, room_id: RoomId) {
        self.withdrawn.push(room_id);
    }

    fn chosen(&mut self) -> Vec<RoomId> {
        std::mem::take(&mut self.clicked)
    }

    fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }
}

/// Ann in a room, a desk that her window announces to, and Bob in the lobby too.
fn ann_and_bob(world: &World) -> (Window, Rc<RefCell<Desk>>, Peer) {
    let mut ann = Window::of(world, "Ann");
    let desk = Rc::new(RefCell::new(Desk::default()));
    ann.harness.state_mut().announce_by(desk.clone());
    let mut bob = Peer::of(world, "Bob");
    bob.creates("build", "");
    ann.clicks(Role::Button, "Browse all rooms");
    ann.clicks(Role::Button, "Join build");
    ann.meets(Role::Heading, "# build");
    (ann, desk, bob)
}

fn texts(desk: &Rc<RefCell<Desk>>) -> Vec<String> {
    let desk = desk.borrow();
    let texts = desk.shown.iter();
    let text = |one: &Notice| format!("{}: {}", one.title, one.text);
    texts.map(text).collect()
}

fn set_focused(window: &mut Window, focused: bool) {
    window.harness.input_mut().focused = focused;
    window.harness.step();
}

/// What the window asks of the desktop in a frame.
fn asks(window: &mut Window, what: &str, wanted: impl Fn(&ViewportCommand) -> bool) {
    window.until(what, |harness| {
        let output = harness.output().viewport_output.get(&ViewportId::ROOT);
        output.is_some_and(|output| output.commands.iter().any(&wanted))
    });
}

fn has_title(window: &mut Window, title: &str) {
    asks(
        window,
        title,
        |command| matches!(command, ViewportCommand::Title(now) if now == title),
    );
}

#[test]
fn only_what_nobody_looks_at_is_announced() {
    let world = World::start();
    let (mut ann, desk, mut bob) = ann_and_bob(&world);
    bob.says("build", "in sight");
    ann.sees("in sight");
    has_title(&mut ann, "#build · Chinwag");
    bob.says("lobby", "**elsewhere**");
    has_title(&mut ann, "(1) #build · Chinwag");
    assert_eq!(texts(&desk), ["Bob in #lobby: elsewhere"]);

    set_focused(&mut ann, false);
    bob.says("build", "unseen");
    let wanted =
        |command: &ViewportCommand| matches!(command, ViewportCommand::RequestUserAttention(_));
    asks(&mut ann, "a call for attention", wanted);
    assert_eq!(texts(&desk)[1..], ["Bob in #build: unseen"]);
    assert!(desk.borrow().withdrawn.is_empty());
    set_focused(&mut ann, true);
    let build = desk.borrow().shown[1].room_id;
    assert_eq!(desk.borrow().withdrawn, [build]);
}

#[test]
fn a_clicked_notice_leads_to_its_room() {
    let world = World::start();
    let (mut ann, desk, mut bob) = ann_and_bob(&world);
    bob.says("lobby", "over here");
    has_title(&mut ann, "(1) #build · Chinwag");
    let lobby = desk.borrow().shown[0].room_id;
    desk.borrow_mut().clicked.push(lobby);
    let focus = |command: &ViewportCommand| matches!(command, ViewportCommand::Focus);
    asks(&mut ann, "the focus", focus);
    ann.meets(Role::Heading, "# lobby");
    ann.sees("over here");
}

#[test]
fn a_switch_keeps_it_quiet() {
    let world = World::start();
    let (mut ann, desk, mut bob) = ann_and_bob(&world);
    open_settings(&mut ann);
    ann.clicks(Role::Button, "Show one now");
    assert_eq!(texts(&desk), ["Chinwag: Notices look like this."]);
    ann.clicks(Role::CheckBox, SWITCH);
    assert!(!ann.has(Role::Button, "Show one now"));
    ann.clicks(Role::Button, "Close");
    bob.says("lobby", "quietly");
    has_title(&mut ann, "(1) #build · Chinwag");
    assert_eq!(texts(&desk).len(), 1);
}

#[test]
fn a_desktop_without_notices_is_told_in_the_settings() {
    let world = World::start();
    let (mut ann, desk, _bob) = ann_and_bob(&world);
    desk.borrow_mut().trouble = Some("no such service".to_owned());
    open_settings(&mut ann);
    ann.sees("This desktop shows no notifications: No such service.");
}

const SWITCH: &str = "Announce messages in rooms that I am not looking at";

fn open_settings(window: &mut Window) {
    window.clicks(Role::Button, "Ann, menu");
    window.clicks(Role::MenuItem, "Settings");
    window.meets(Role::CheckBox, SWITCH);
    let dialogs = window.harness.query_all_by_role(Role::Dialog);
    assert_eq!(dialogs.count(), 1);
}
