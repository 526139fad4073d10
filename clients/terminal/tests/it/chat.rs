use serde_json::json;

use testing::World;

use crate::program::Person;

#[test]
fn two_people_talk_through_pipes() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    let mut listening = ann.start(&["chat", "lobby"]);
    let said = bob.run_with_input(&["chat", "lobby"], "one\n\ntwo ü\nthree".as_bytes());
    let said = said.ok();
    let lines: Vec<&str> = said.lines().map(|line| line.split_at(5).1).collect();
    assert_eq!(lines[1..], [" Bob: one", " Bob: two ü", " Bob: three"]);
    listening.hear("Bob: one");
    listening.hear("Bob: three");
    listening.say("and back");
    assert!(listening.hear("and back").contains("Ann: and back"));
    listening.end().ok();
    let history = bob.run(&["chat", "lobby", "--history", "2"]).ok();
    assert!(!history.contains("two") && history.contains("three") && history.contains("back"));
    let objects = bob.run(&["--json", "chat", "--history", "1"]).json();
    assert_eq!(objects.len(), 1);
    let event = &objects[0];
    assert_eq!(
        (&event["type"], &event["room"]),
        (&json!("room_event"), &json!("lobby"))
    );
    assert_eq!(
        (&event["sequence"], &event["person"]["name"]),
        (&json!(4), &json!("Ann"))
    );
    assert_eq!(event["event"]["text"], "and back");
}

#[test]
fn a_message_comes_from_arguments_or_from_standard_input() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    assert_eq!(
        ann.run(&["post", "builds", "--create", "it", "works"]).ok(),
        ""
    );
    let accepted = ann.run_with_input(&["post", "builds", "--json"], b"log:\n\tline\n\n");
    let accepted = accepted.json();
    assert_eq!(accepted[0]["type"], "message_accepted");
    assert_eq!(
        accepted[0]["sequence"], 4,
        "after created, joined and the first message"
    );
    let shown = bob.run(&["chat", "#builds"]).ok();
    assert!(shown.contains(" Ann: it works\n"), "{shown}");
    assert!(shown.contains(" Ann: log:\n      |     line\n"), "{shown}");
    ann.run_with_input(&["post", "lobby"], b" \n").failed(2);
    ann.run_with_input(&["post", "lobby"], &[b'x'; 40_000])
        .failed(2);
    let lossy = ann
        .run_with_input(&["post", "lobby", "--json"], b"caf\xe9")
        .json();
    assert_eq!(
        lossy[0]["sequence"], 1,
        "what is no text is repaired, not refused"
    );
}

#[test]
fn many_lines_arrive_once_and_in_order_across_a_restart() {
    let mut world = World::start();
    let bob = Person::of(&world, "Bob");
    let mut saying = bob.start(&["chat", "lobby"]);
    for number in 0..300 {
        saying.say(&format!("line {number}."));
    }
    saying.hear("line 20.");
    world.stop_server();
    saying.say("said while nobody listened");
    world.start_server();
    saying.end().ok();
    let history = bob.run(&["--json", "chat", "--history", "1000"]).json();
    let texts: Vec<&str> = history
        .iter()
        .map(|event| event["event"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 301);
    for (number, text) in texts[..300].iter().enumerate() {
        assert_eq!(*text, format!("line {number}."));
    }
}

#[test]
fn what_a_killed_chat_left_unsent_is_sent_by_the_next() {
    let mut world = World::start();
    let bob = Person::of(&world, "Bob");
    let mut saying = bob.start(&["chat", "lobby"]);
    saying.say("first");
    saying.hear("first");
    world.stop_server();
    saying.say("kept");
    let folder = bob.folder.join("profile");
    wait_for_text(&folder, "kept");
    saying.kill();
    world.start_server();
    bob.run_with_input(&["chat", "lobby"], b"last").ok();
    let history = bob.run(&["--json", "chat"]).json();
    let texts: Vec<&str> = history
        .iter()
        .map(|event| event["event"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["first", "kept", "last"]);
}

/// Waits until some state in the profile holds the text.
fn wait_for_text(profile: &std::path::Path, text: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let folders = std::fs::read_dir(profile).unwrap();
        let holds = folders.into_iter().any(|folder| {
            let state = folder.unwrap().path().join("state-0.json");
            std::fs::read_to_string(state).is_ok_and(|state| state.contains(text))
        });
        if holds {
            return;
        }
        assert!(
            std::time::Instant::now() < deadline,
            "{text:?} is never stored"
        );
        std::thread::yield_now();
    }
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let world = World::start();
    let (ann, eve) = (Person::of(&world, "Ann"), Person::of(&world, "Eve"));
    let hostile =
        "\x1b]0;owned\x07 \x1b[2J\u{9b}31m \r12:00 Ann: I said that\u{202e}txt.exe\u{85}x";
    eve.run(&["post", "lobby", hostile]).ok();
    eve.run(&["post", "lobby", "one\n12:00 Ann: forged"]).ok();
    let shown = ann.run(&["chat", "lobby"]).ok();
    let unsafe_in =
        |text: &str| text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}');
    assert!(!unsafe_in(&shown), "{shown:?}");
    assert!(shown.contains("owned") && shown.contains("I said that"));
    assert!(
        !shown
            .lines()
            .any(|line| line.starts_with("12:00 Ann: forged")),
        "{shown}"
    );
    let objects = ann.run(&["--json", "chat", "lobby"]);
    assert!(!unsafe_in(&objects.stdout), "{objects:?}");
    assert_eq!(objects.json()[0]["event"]["text"], hostile);
}

#[test]
fn two_commands_of_one_profile_at_once() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    // All of them sign in for the first time.
    let running: Vec<_> = (0..8)
        .map(|number| ann.start(&["post", "lobby", &format!("from {number}")]))
        .collect();
    let chatting: Vec<_> = (0..4)
        .map(|number| {
            let mut chat = ann.start(&["chat", "lobby"]);
            chat.say(&format!("chat {number}"));
            chat
        })
        .collect();
    for ended in running
        .into_iter()
        .chain(chatting)
        .map(|running| running.end())
    {
        ended.ok();
    }
    let history = ann.run(&["--json", "chat", "--history", "100"]).json();
    let mut texts: Vec<&str> = history
        .iter()
        .map(|event| event["event"]["text"].as_str().unwrap())
        .collect();
    texts.sort_unstable();
    assert_eq!(texts.len(), 12);
    texts.dedup();
    assert_eq!(texts.len(), 12, "each once: {texts:?}");
    assert!(history.iter().all(|event| event["person"]["name"] == "Ann"));
}

#[cfg(unix)]
#[test]
fn signals_and_closed_pipes_end_it_cleanly() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut chat = ann.start(&["chat", "lobby", "--follow"]);
        chat.say("here");
        chat.hear("here");
        chat.signal(signal);
        let ended = chat.end();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""));
    }
    let many = "x\n".repeat(50);
    ann.run_with_input(&["chat", "lobby"], many.as_bytes()).ok();
    let mut chat = ann.start(&["chat", "lobby", "--history", "50", "--follow"]);
    chat.hear("x");
    chat.close_output();
    chat.say("this cannot be shown");
    let ended = chat.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}
