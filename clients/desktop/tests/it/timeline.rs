//! What was said, as it is read, scrolled through and marked as read.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use client::{Delivery, PendingMessage};
use desktop::Options;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, OutputCommand, Rect, Vec2};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};
use native::Profile;
use shared::{ErrorCode, TimestampMs, TransactionId};
use testing::World;

use crate::voice::Voice;
use crate::window::{Window, profile};

impl Window {
    /// What is in sight of one role, from top to bottom: names and places.
    fn all(&self, role: Role) -> Vec<(String, Rect)> {
        let nodes = self.harness.query_all_by_role(role);
        nodes.map(|node| (name(&node), node.rect())).collect()
    }

    /// The texts of the messages that are in sight, from top to bottom.
    fn messages(&self) -> Vec<String> {
        let said = |(name, _): (String, Rect)| match name.split_once(": ") {
            Some((_, text)) => text.to_owned(),
            None => name,
        };
        self.all(Role::Article).into_iter().map(said).collect()
    }

    fn place(&self, text: &str) -> Rect {
        let found = self.all(Role::Article);
        let found = found.into_iter().find(|(name, _)| name.ends_with(text));
        found.unwrap_or_else(|| panic!("{text} is in sight")).1
    }

    fn ends_with(&mut self, text: &str) {
        let text = text.to_owned();
        self.until(&text.clone(), move |harness| {
            let last = harness.query_all_by_role(Role::Article).last();
            last.is_some_and(|node| name(&node).ends_with(&text))
        });
    }

    /// Waits until what is around the list has its size, so that rows are where they look to be.
    fn settles(&mut self) {
        let (mut before, mut same) = (Vec::new(), 0);
        let deadline = Instant::now() + Duration::from_secs(30);
        while same < 5 {
            assert!(Instant::now() < deadline, "it keeps moving: {before:?}");
            self.harness.step();
            let now = self.all(Role::Article);
            same = if now == before { same + 1 } else { 0 };
            before = now;
        }
    }

    fn misses(&mut self, text: &str) {
        self.until(&format!("the end of {text}"), |harness| {
            harness.query_all_by_label_contains(text).next().is_none()
        });
    }

    fn focus_list(&mut self) {
        self.harness.get_by_role(Role::Log).focus();
        self.harness.run_steps(3);
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.step();
    }

    fn has_focus(&mut self, focused: bool) {
        self.harness.input_mut().focused = focused;
        self.harness.event(Event::WindowFocused(focused));
        self.harness.step();
    }

    /// Writes into the composer and sends it.
    fn say(&mut self, text: &str) {
        let field = by().predicate(|node| {
            let field = matches!(node.role(), Role::TextInput | Role::MultilineTextInput);
            let names = [node.label(), node.placeholder().map(str::to_owned)];
            field
                && names
                    .into_iter()
                    .flatten()
                    .any(|name| name.starts_with("Message"))
        });
        let field = self.harness.get(field);
        field.focus();
        self.harness.run_steps(3);
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.run_steps(2);
        self.press(Key::Enter);
    }
}

fn name(node: &Node<'_>) -> String {
    node.accesskit_node().label().unwrap_or_default()
}

fn numbered(numbers: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("message {number}."))
}

/// They follow each other, none is missing and none is there twice.
fn assert_in_order(messages: &[String]) {
    let all = numbered(1..=1000).skip_while(|text| Some(text) != messages.first());
    assert!(
        all.take(messages.len()).eq(messages.iter().cloned()),
        "{messages:?}"
    );
}

#[test]
fn messages_stand_in_order_grouped_and_by_day() {
    let world = World::start();
    let mut bob = Voice::of(&world, "Bob");
    bob.say("one");
    bob.say("two **words**\n- listed");
    Voice::of(&world, "Carl").say("three");
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("three");
    assert_eq!(ann.messages(), ["one", "two words\nlisted", "three"]);
    let people: Vec<String> = ann
        .all(Role::Article)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        people[0].starts_with("Bob, ") && people[2].starts_with("Carl, "),
        "{people:?}"
    );
    // The first of a group says who it is from; the others are as high as their text.
    let height = |text: &str| ann.place(text).height();
    assert!(height("one") > height("two words\nlisted") - 22.0);
    assert!(height("three") > 44.0);
    assert_eq!(ann.all(Role::Splitter)[0].0, "Today");
    assert_eq!(ann.all(Role::Log)[0].0, "Messages in #lobby");
    ann.sees("This is where #lobby begins");
    let log = ann.harness.get_by_role(Role::Log);
    assert!(
        log.children_recursive().count() >= 5,
        "its rows are parts of it"
    );
}

#[test]
fn links_open_by_pointer_and_by_key() {
    let world = World::start();
    Voice::of(&world, "Bob").say("see [the *plan*](https://a.example/plan) and http://b.example/x");
    let mut ann = Window::of(&world, "Ann");
    ann.sees("see the plan and");
    ann.settles();
    let names: Vec<String> = ann
        .all(Role::Link)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["the plan", "http://b.example/x"]);
    let opened = |ann: &Window| {
        let commands = &ann.harness.output().platform_output.commands;
        commands.iter().find_map(|command| match command {
            OutputCommand::OpenUrl(open) => Some(open.url.clone()),
            _ => None,
        })
    };
    ann.harness
        .get_by_role_and_label(Role::Link, "the plan")
        .click();
    ann.harness.step();
    assert_eq!(opened(&ann).as_deref(), Some("https://a.example/plan"));
    let link = ann
        .harness
        .get_by_role_and_label(Role::Link, "http://b.example/x");
    link.focus();
    ann.harness.run_steps(3);
    ann.harness.key_down(Key::Enter);
    ann.harness.step();
    assert_eq!(opened(&ann).as_deref(), Some("http://b.example/x"));
}

#[test]
fn older_pages_come_on_scrolling_up_and_nothing_moves_when_they_do() {
    let world = World::start();
    Voice::of(&world, "Bob").say_all(numbered(1..=450));
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("message 450.");
    ann.focus_list();
    let mut seen: BTreeSet<String> = ann.messages().into_iter().collect();
    let deadline = Instant::now() + Duration::from_secs(30);
    while ann
        .harness
        .query_by_label_contains("#lobby begins")
        .is_none()
    {
        assert!(Instant::now() < deadline, "only {seen:?} came");
        ann.press(Key::PageUp);
        for _ in 0..3 {
            let messages = ann.messages();
            assert_in_order(&messages);
            seen.extend(messages);
            let before = ann.all(Role::Article);
            std::thread::sleep(Duration::from_millis(3));
            ann.harness.step();
            let after = ann.all(Role::Article);
            for (name, place) in &before {
                let now = after.iter().find(|(other, _)| other == name);
                // What loses the name above it, because the group goes on above, keeps its text where it is.
                assert!(
                    now.is_none_or(|(_, now)| now.bottom() == place.bottom()),
                    "{name} moved to {now:?}"
                );
            }
        }
    }
    seen.extend(ann.messages());
    assert_eq!(seen.len(), 450, "each message was in sight once");
    ann.press(Key::End);
    ann.ends_with("message 450.");
}

#[test]
fn the_bar_stands_for_the_whole_room() {
    let world = World::start();
    Voice::of(&world, "Bob").say_all(numbered(1..=900));
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("message 900.");
    ann.settles();
    let bar = ann.harness.get_by_role(Role::ScrollBar);
    let track = bar.rect();
    ann.harness.hover_at(track.center_bottom() - Vec2::Y * 10.0);
    ann.harness.drag_at(track.center_bottom() - Vec2::Y * 10.0);
    ann.harness.step();
    ann.harness.hover_at(track.center());
    ann.harness.step();
    ann.harness.drop_at(track.center());
    ann.until("the middle of the room", |harness| {
        let articles = harness.query_all_by_role(Role::Article);
        let mut texts = articles.map(|node| name(&node));
        texts.any(|text| text.contains(": message 4") && text.ends_with("0."))
    });
    // What is between is asked for once it comes near.
    ann.focus_list();
    for _ in 0..6 {
        ann.press(Key::PageDown);
        ann.until("messages", |harness| {
            harness.query_all_by_role(Role::Article).count() > 10
        });
    }
    let messages = ann.messages();
    assert_in_order(&messages);
    ann.press(Key::Home);
    ann.sees("#lobby begins");
    assert_eq!(ann.messages()[0], "message 1.");
}

#[test]
fn what_is_read_stays_and_the_end_is_followed_only_from_there() {
    let world = World::start();
    let mut bob = Voice::of(&world, "Bob");
    bob.say_all(numbered(1..=60));
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("message 60.");
    bob.say("at the end");
    ann.ends_with("at the end");
    ann.focus_list();
    ann.press(Key::PageUp);
    ann.settles();
    let text = ann.messages()[5].clone();
    let before = ann.place(&text);
    bob.say_all([
        "first\nof\nmany lines".to_owned(),
        "second".into(),
        "third".into(),
    ]);
    ann.sees("3 new messages");
    assert_eq!(ann.place(&text), before);
    ann.harness
        .get_by_role_and_label(Role::Button, "3 new messages")
        .click();
    ann.ends_with("third");
    ann.misses("new messages");
}

#[test]
fn unread_messages_have_their_line_until_they_are_read() {
    let world = World::start();
    let mut bob = Voice::of(&world, "Bob");
    bob.say_all(numbered(1..=3));
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("message 3.");
    assert_eq!(
        ann.all(Role::Splitter).len(),
        1,
        "what was before one came is not new"
    );
    ann.has_focus(false);
    bob.say_all(numbered(4..=5));
    ann.sees("2 new messages");
    let line = ann
        .harness
        .get_by_role_and_label(Role::Splitter, "2 new messages")
        .rect();
    assert!(ann.place("message 3.").bottom() <= line.top());
    assert!(ann.place("message 4.").top() >= line.bottom());
    // Nobody has seen them, so they are new to the next window.
    ann.close();
    let mut ann = again(&world);
    ann.sees("2 new messages");
    ann.has_focus(true);
    ann.close();
    let mut ann = again(&world);
    ann.ends_with("message 5.");
    assert_eq!(ann.all(Role::Splitter).len(), 1, "they were read");
}

/// Ann's window once more, with the profile of before, before anybody looks at it.
fn again(world: &World) -> Window {
    let mut window = Window::open(Options {
        profile_root: profile(world, "Ann"),
        server: Some(world.tcp().parse().unwrap()),
        fingerprint: None,
        name: None,
        files: Vec::new(),
    });
    window.has_focus(false);
    window
}

#[test]
fn many_unread_messages_begin_near_the_top() {
    let world = World::start();
    let mut bob = Voice::of(&world, "Bob");
    bob.say("old");
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("old");
    ann.close();
    bob.say_all(numbered(1..=60));
    let mut ann = again(&world);
    ann.sees("60 new messages");
    assert!(
        ann.messages().contains(&"message 1.".to_owned()),
        "{:?}",
        ann.messages()
    );
    ann.sees("Jump to latest");
    ann.has_focus(true);
    ann.harness
        .get_by_role_and_label(Role::Button, "Jump to latest")
        .click();
    ann.ends_with("message 60.");
    ann.close();
    let mut ann = again(&world);
    ann.ends_with("message 60.");
}

#[test]
fn a_message_waits_in_sight_until_the_server_is_back() {
    let mut world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.sees("#lobby begins");
    world.stop_server();
    ann.say("are you there?");
    ann.sees("Waits for the connection");
    assert!(ann.messages()[0].starts_with("are you there?"));
    world.start_server();
    ann.misses("Waits for the connection");
    ann.ends_with("are you there?");
    assert_eq!(ann.messages(), ["are you there?"]);
}

#[test]
fn a_refused_message_says_why_and_can_be_sent_again_or_deleted() {
    let world = World::start();
    let mut ann = Window::of(&world, "Ann");
    ann.sees("#lobby begins");
    let mut bob = Voice::of(&world, "Bob");
    bob.say("hello");
    ann.sees("hello");
    ann.close();
    refuse(&world, "one more");
    refuse(&world, "and another");
    let mut ann = again(&world);
    ann.sees("Not sent. The server said no.");
    let buttons = |ann: &Window, name: &str| {
        ann.harness
            .query_all_by_role_and_label(Role::Button, name)
            .count()
    };
    assert_eq!((buttons(&ann, "Retry"), buttons(&ann, "Delete")), (2, 2));
    let first = ann
        .harness
        .query_all_by_role_and_label(Role::Button, "Retry")
        .next();
    first.unwrap().click();
    ann.until("one sent message", |harness| {
        harness.query_all_by_label_contains("Not sent").count() == 1
    });
    ann.until("it", |harness| {
        harness
            .query_all_by_label_contains(": one more")
            .any(|node| name(&node).ends_with(": one more"))
    });
    ann.harness
        .get_by_role_and_label(Role::Button, "Delete")
        .click();
    ann.misses("and another");
}

/// Puts a message that was refused into the outbox of Ann's profile.
fn refuse(world: &World, text: &str) {
    let server = world.tcp().parse().unwrap();
    let profile = Profile::open(&profile(world, "Ann"), &server).unwrap();
    let (mut snapshot, mut storage) = profile.whole().unwrap();
    let (room_id, _) = snapshot.last_read.iter().next().unwrap();
    snapshot.outbox.push(PendingMessage {
        transaction_id: TransactionId::from_parts(TimestampMs(1), native::random()),
        room_id: *room_id,
        text: text.into(),
        attachments: Vec::new(),
        written_at_ms: TimestampMs(1_780_000_000_000),
        delivery: Delivery::Failed {
            code: ErrorCode::Unknown,
            reason: "the server said no".into(),
        },
    });
    storage.store(&snapshot).unwrap();
}

#[test]
fn text_is_selected_over_messages_and_stays_selected_out_of_sight() {
    let world = World::start();
    Voice::of(&world, "Bob").say_all(numbered(1..=60));
    Voice::of(&world, "Carl").say("the end");
    let mut ann = Window::of(&world, "Ann");
    ann.ends_with("the end");
    ann.settles();
    let from = ann.place("message 59.");
    let to = ann.place("the end");
    let start = from.left_center() + Vec2::X * 60.0;
    ann.harness.hover_at(start);
    ann.harness.drag_at(start);
    ann.harness.step();
    ann.harness
        .hover_at(to.right_bottom() - Vec2::new(30.0, 8.0));
    ann.harness.step();
    ann.harness
        .drop_at(to.right_bottom() - Vec2::new(30.0, 8.0));
    ann.harness.run_steps(2);
    ann.focus_list();
    ann.press(Key::PageUp);
    ann.press(Key::PageUp);
    assert!(!ann.messages().contains(&"message 59.".to_owned()));
    ann.harness.event(Event::Copy);
    ann.harness.step();
    let commands = &ann.harness.output().platform_output.commands;
    let copied = commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(
        copied,
        Some("Bob:\nmessage 59.\nmessage 60.\nCarl:\nthe end")
    );
}
