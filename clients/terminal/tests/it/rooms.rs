//! Rooms of every kind, and who may do what in them.

use serde_json::{Value, json};

use testing::World;

use crate::program::Person;

fn named<'a>(rooms: &'a [Value], name: &str) -> Option<&'a Value> {
    rooms.iter().find(|room| room["name"] == name)
}

fn rooms_of(person: &Person) -> Vec<Value> {
    person.run(&["rooms", "--json"]).json()
}

#[test]
fn a_private_room_is_there_for_who_is_in_it() {
    let world = World::start();
    let [ann, bob, cay] = ["Ann", "Bob", "Cay"].map(|name| Person::of(&world, name));
    let ann = ann.owning(&world);
    for person in [&bob, &cay] {
        person.run(&["rooms"]).ok();
    }
    let created = ann.run(&[
        "rooms",
        "create",
        "plans",
        "--private",
        "--topic",
        "hush",
        "--json",
    ]);
    let created = created.json();
    assert_eq!(
        (
            &created[0]["type"],
            &created[0]["kind"],
            &created[0]["topic"]
        ),
        (&json!("room"), &json!("private"), &json!("hush"))
    );
    assert!(named(&rooms_of(&bob), "plans").is_none());
    for hidden in [
        &["rooms", "join", "plans"] as &[&str],
        &["members", "plans"],
        &["post", "plans", "hi"],
        &["rooms", "topic", "plans", "mine"],
    ] {
        let why = bob.run(hidden).failed(4);
        assert!(
            why.contains("no room") || why.contains("no such room"),
            "{why}"
        );
    }
    ann.run(&["add", "plans", "Bob", "Cay"]).ok();
    bob.run(&["post", "plans", "hello"]).ok();
    assert!(ann.run(&["rooms"]).ok().lines().any(|line| {
        line.starts_with("plans") && line.contains("private") && line.contains("1 unread")
    }));

    ann.run(&["role", "plans", "Bob", "moderator"]).ok();
    let members = ann.run(&["members", "plans"]).ok();
    let line = |name: &str| members.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(
        line("Ann").ends_with("owner") && line("Bob").ends_with("moderator"),
        "{members}"
    );
    bob.run(&["ban", "plans", "Cay"]).ok();
    assert_eq!(bob.run(&["bans", "plans"]).ok(), "Cay\n");
    cay.run(&["members", "plans"]).failed(4);
    bob.run(&["unban", "plans", "Cay"]).ok();
    bob.run(&["remove", "plans", "Ann"]).failed(4);
    bob.run(&["rooms", "rename", "plans", "ours"]).failed(4);
    ann.run(&["rooms", "rename", "plans", "ours"]).ok();
    ann.run(&["rooms", "archive", "ours"]).ok();
    bob.run(&["post", "ours", "too late"]).failed(4);
    ann.run(&["rooms", "unarchive", "ours"]).ok();
    bob.run(&["post", "ours", "in time"]).ok();
    bob.run(&["rooms", "leave", "ours"]).ok();
    assert!(named(&rooms_of(&bob), "ours").is_none());
}

#[test]
fn what_a_room_is_like_is_changed_and_shown() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    ann.run(&["rooms", "create", "garden", "--hide-history"])
        .ok();
    ann.run(&["post", "garden", "before"]).ok();
    ann.run(&["rooms", "topic", "garden", "tools", "and", "seeds"])
        .ok();
    ann.run(&["rooms", "description", "garden", "all of it"])
        .ok();
    ann.run(&["rooms", "retention", "garden", "30"]).ok();
    let rooms = rooms_of(&ann);
    let garden = named(&rooms, "garden").unwrap();
    assert_eq!(
        (
            &garden["topic"],
            &garden["description"],
            &garden["retention_days"]
        ),
        (&json!("tools and seeds"), &json!("all of it"), &json!(30))
    );
    assert_eq!(garden["history"], "since_joining");
    bob.run(&["rooms", "join", "garden"]).ok();
    ann.run(&["post", "garden", "after"]).ok();
    let heard = bob.run(&["chat", "garden"]).ok();
    assert!(
        heard.contains("after") && !heard.contains("before"),
        "{heard}"
    );
    ann.run(&["rooms", "history", "garden", "all"]).ok();
    let mut listening = bob.start(&["chat", "garden", "--follow"]);
    ann.run(&["rooms", "topic", "garden"]).ok();
    listening.hear("removed the topic");
    ann.run(&["remove", "garden", "Bob"]).ok();
    let out = listening.end().failed(4);
    assert!(out.contains("no longer in this room"), "{out}");
}

#[test]
fn a_few_people_talk_in_private() {
    let world = World::start();
    let [ann, bob, cay] = ["Ann", "Bob", "Cay"].map(|name| Person::of(&world, name));
    for person in [&ann, &bob, &cay] {
        person.run(&["rooms"]).ok();
    }
    ann.run(&["dm", "Bob", "-m", "only for you"]).ok();
    let rooms = bob.run(&["rooms"]).ok();
    let direct = rooms.lines().find(|line| line.starts_with("@Ann")).unwrap();
    assert!(
        direct.contains("direct") && direct.contains("1 unread"),
        "{direct}"
    );
    assert!(!cay.run(&["rooms"]).ok().contains('@'));
    let heard = bob.run_with_input(&["dm", "@ann"], b"and for you\n").ok();
    assert!(
        heard.contains("Ann: only for you") && heard.contains("Bob: and for you"),
        "{heard}"
    );
    ann.run(&["dm", "Bob", "cay", "-m", "for both"]).ok();
    assert!(
        cay.run(&["rooms"]).ok().contains("@Ann, Bob")
            || cay.run(&["rooms"]).ok().contains("@Bob, Ann")
    );
    ann.run(&["dm", "Nobody", "-m", "hello?"]).failed(4);
}

#[test]
fn a_message_is_removed_or_reported() {
    let world = World::start();
    let ann = Person::of(&world, "Ann").owning(&world);
    let bob = Person::of(&world, "Bob");
    let said = ann.run(&["post", "lobby", "wrong", "--json"]).json();
    let number = said[0]["sequence"].to_string();
    bob.run(&["rooms"]).ok();
    bob.run(&["delete", "lobby", &number]).failed(4);
    bob.run(&["report", "lobby", &number, "not", "nice"]).ok();
    let reports = ann.run(&["admin", "reports", "--json"]).json();
    assert_eq!(
        (
            &reports[0]["type"],
            &reports[0]["reason"],
            &reports[0]["text"]
        ),
        (&json!("report"), &json!("not nice"), &json!("wrong"))
    );
    assert!(
        ann.run(&["admin", "reports"])
            .ok()
            .contains("Bob about Ann in #lobby")
    );
    let id = reports[0]["report_id"].as_str().unwrap();
    ann.run(&["admin", "reports", "close", id]).ok();
    assert_eq!(ann.run(&["admin", "reports"]).ok(), "");
    ann.run(&["delete", "lobby", &number]).ok();
    let shown = bob.run(&["chat"]).ok();
    assert!(
        !shown.contains("wrong") && shown.contains("removed"),
        "{shown}"
    );
}

#[test]
fn an_invitation_leads_into_a_room() {
    let world = World::start();
    let ann = Person::of(&world, "Ann").owning(&world);
    let bob = Person::of(&world, "Bob");
    ann.run(&["rooms", "create", "plans", "--private"]).ok();
    let link = ann.run(&["invite", "--room", "plans"]).ok();
    let joined = bob.run(&["rooms", "join", link.trim_end()]).ok();
    assert!(joined.contains("You are in plans"), "{joined}");
    let cay = Person::of(&world, "Cay")
        .nameless()
        .with("CHINWAG_PASSWORD", "correct horse battery");
    let link = ann.run(&["invite", "--room", "plans"]).ok();
    let made = cay.run(&["sign-up", "Cay", "--invitation", link.trim_end()]);
    assert!(made.stderr.contains("invites you into #plans"), "{made:?}");
    made.ok();
    cay.run(&["post", "plans", "hello"]).ok();
}

#[test]
fn who_uploads_says_who_may_open_a_link() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    std::fs::create_dir_all(&ann.folder).unwrap();
    std::fs::write(ann.folder.join("a.txt"), "text").unwrap();
    let sent = ann.run(&["send", "a.txt", "--json"]).json();
    let url = sent[0]["url"].as_str().unwrap();
    let stranger = Person::of(&world, "Bob").nameless();
    stranger.run(&["get", url, "-o", "one/"]).ok();
    let changed = ann
        .run(&["link", url, "members", "--expires", "1h", "--json"])
        .json();
    assert_eq!(changed[0]["link"]["access"], "members");
    stranger.run(&["get", url, "-o", "two/"]).failed(4);
    assert!(ann.run(&["link", url, "revoked"]).ok().contains("Nobody"));
    stranger.run(&["link", "nonsense"]).failed(2);
}

#[test]
fn a_link_has_a_password_a_limit_and_a_count() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    std::fs::create_dir_all(&ann.folder).unwrap();
    std::fs::write(ann.folder.join("a.txt"), "text").unwrap();
    std::fs::write(ann.folder.join("word"), "open the shed\n").unwrap();
    let sent = ann.run(&["send", "a.txt", "--no-post", "--json"]).json();
    let url = sent[0]["url"].as_str().unwrap();
    let link = |options: &[&str]| ann.run(&[&["link", url], options].concat());
    let state = |options: &[&str]| link(&[options, &["--json"]].concat()).json()[0]["link"].clone();
    let stranger = Person::of(&world, "Bob").nameless();
    stranger.run(&["get", url, "-o", "one/"]).ok();
    let told = link(&[]).ok();
    assert!(told.contains("downloaded by its link 1 time."), "{told}");

    let set = state(&["--password-file", "word", "--downloads", "2"]);
    let path = &sent[0]["link"];
    let asked = json!({"path": path, "access": "anyone", "has_password": true, "downloads": 1, "downloads_left": 2});
    assert_eq!(set, asked);
    let refused = stranger.run(&["get", url, "-o", "two/"]).failed(4);
    assert!(refused.contains("password"), "{refused}");
    // Only what is said changes.
    let ending = state(&["--expires", "1h"]);
    assert_eq!(ending["has_password"], true);
    assert!(ending["expires_at_ms"].is_u64());
    let open = state(&["--no-password"]);
    assert_eq!(open["expires_at_ms"], ending["expires_at_ms"]);
    assert_eq!(
        (&open["has_password"], &open["downloads_left"]),
        (&json!(null), &json!(2))
    );
    stranger.run(&["get", url, "-o", "three/"]).ok();
    let told = link(&["anyone", "--no-limit"]).ok();
    assert!(
        told.starts_with("Whoever has the link may open it. It was"),
        "{told}"
    );

    let scripted = Person::of(&world, "Ann").with("CHINWAG_LINK_PASSWORD", "open the gate");
    let told = scripted.run(&["link", url, "--password"]).ok();
    assert!(told.contains("and knows its password"), "{told}");
    assert!(
        link(&["--password"])
            .failed(2)
            .contains("CHINWAG_LINK_PASSWORD")
    );
    for odd in [
        &["--password", "--no-password"][..],
        &["--downloads", "1", "--no-limit"],
        &["--downloads", "-1"],
    ] {
        assert_eq!(link(odd).code, Some(2), "{odd:?}");
    }
}
