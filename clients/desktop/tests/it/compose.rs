//! Writing and sending.

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, ImeEvent, Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use shared::limits::TEXT_BYTES_MAX;
use testing::World;

use crate::peer::Peer;
use crate::window::Window;

pub(crate) const FIELD: &str = "Message to #lobby";

impl Window {
    /// Waits until the composer of the lobby holds this text.
    pub(crate) fn drafts(&mut self, text: &str) {
        self.drafts_in(FIELD, text);
    }

    fn drafts_in(&mut self, field: &str, text: &str) {
        self.until(&format!("{text} in {field}"), |harness| {
            let mut nodes = harness.query_all_by_role_and_label(Role::MultilineTextInput, field);
            nodes.any(|node| node.value().unwrap_or_default() == text)
        });
    }

    pub(crate) fn enters(&mut self) {
        self.presses(Modifiers::NONE, Key::Enter);
    }

    fn may_send(&self) -> bool {
        let send = self.harness.get_by_role_and_label(Role::Button, "Send");
        !send.accesskit_node().is_disabled()
    }
}

#[test]
fn enter_sends_and_shift_with_enter_breaks_the_line() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    // Nothing is clicked: the field has the keyboard from the start.
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    ann.types("first");
    ann.presses(Modifiers::SHIFT, Key::Enter);
    ann.types("second");
    ann.drafts("first\nsecond");
    ann.enters();
    ann.drafts("");
    bob.sees("first\nsecond");
    ann.types("once more");
    ann.drafts("once more");
    ann.clicks(Role::Button, "Send");
    bob.sees("once more");
    ann.drafts("");
    ann.is_at(Role::MultilineTextInput, FIELD);
}

#[test]
fn whatever_is_typed_anywhere_goes_into_the_field() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, FIELD);
    let attach = ann
        .harness
        .get_by_role_and_label(Role::Button, "Attach files");
    attach.focus();
    ann.is_at(Role::Button, "Attach files");
    ann.types("x");
    ann.drafts("x");
    ann.is_at(Role::MultilineTextInput, FIELD);
}

#[test]
fn nothing_to_send_is_not_sent() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, FIELD);
    assert!(!ann.may_send());
    ann.types("  ");
    ann.enters();
    ann.drafts("  ");
    assert!(!ann.may_send());
    ann.types("x");
    ann.until("the button", |harness| {
        let send = harness.get_by_role_and_label(Role::Button, "Send");
        !send.accesskit_node().is_disabled()
    });
}

#[test]
fn enter_in_an_input_method_ends_the_composition_and_no_more() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    ann.harness.event(Event::Ime(ImeEvent::Preedit {
        text: "´".to_owned(),
        active_range_chars: None,
    }));
    ann.drafts("´");
    ann.enters();
    ann.drafts("´");
    ann.harness
        .event(Event::Ime(ImeEvent::Commit("é".to_owned())));
    ann.drafts("é");
    ann.enters();
    ann.drafts("");
    bob.sees("é");
}

#[test]
fn each_room_keeps_what_is_being_written() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, FIELD);
    let mut elsewhere = Peer::of(&world, "Ann");
    elsewhere.creates("build", "");
    ann.types("for the lobby");
    ann.drafts("for the lobby");
    ann.presses(Modifiers::ALT, Key::ArrowDown);
    ann.until("the other room", |harness| {
        harness.query_by_label("Message to #build").is_some()
    });
    ann.is_at(Role::MultilineTextInput, "Message to #build");
    ann.types("for the build");
    ann.drafts_in("Message to #build", "for the build");
    ann.presses(Modifiers::ALT, Key::ArrowUp);
    ann.drafts("for the lobby");
    ann.is_at(Role::MultilineTextInput, FIELD);
    ann.presses(Modifiers::ALT, Key::ArrowDown);
    ann.drafts_in("Message to #build", "for the build");
}

#[test]
fn a_text_that_is_too_long_is_refused_and_kept() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, FIELD);
    let text = "long ".repeat(TEXT_BYTES_MAX / 5 + 1) + "end";
    ann.types(&text);
    ann.enters();
    ann.sees("shorten it");
    ann.drafts(&text);
}

#[test]
fn the_field_grows_with_its_lines_up_to_a_point() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.is_at(Role::MultilineTextInput, FIELD);
    let height = |ann: &mut Window| {
        ann.harness.run_steps(4);
        ann.harness.get_by_label(FIELD).rect().height()
    };
    let one = height(&mut ann);
    ann.types("1\n2\n3");
    let three = height(&mut ann);
    assert!((three - one - 44.0).abs() < 2.0, "{one} and {three}");
    ann.types(&"\nmore".repeat(50));
    ann.harness.run_steps(4);
    let [send, attach] = ["Send", "Attach files"]
        .map(|name| ann.harness.get_by_role_and_label(Role::Button, name).rect());
    assert!(send.bottom() < 720.0 && attach.bottom() == send.bottom());
    // The timeline keeps its room.
    let list = ann.harness.get_by_role(Role::Log).rect();
    assert!(list.height() > 300.0, "{list}");
}

#[test]
fn others_see_that_somebody_writes_and_that_they_stop() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    let mut bob = Window::of(&world, "Bob");
    ann.is_at(Role::MultilineTextInput, FIELD);
    bob.sees(FIELD);
    ann.types("x");
    bob.sees("Ann is typing");
    ann.presses(Modifiers::NONE, Key::Backspace);
    bob.until("the end of it", |harness| {
        harness.query_by_label_contains("Ann is typing").is_none()
    });
}
