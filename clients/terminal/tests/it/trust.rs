//! Owning a server, letting people in, and what each may see of their account.

use serde_json::{Value, json};

use testing::World;

use crate::program::Person;

const PASSWORD: &str = "correct horse battery";

/// Somebody with a password, and the environment that gives it to every command.
fn person(world: &World, name: &str) -> Person {
    Person::of(world, name)
        .nameless()
        .with("CHINWAG_PASSWORD", PASSWORD)
}

/// A server with its owner.
fn owned() -> (World, Person) {
    let world = World::start();
    let ann = person(&world, "Ann");
    let link = world.owners_link().unwrap();
    let made = ann
        .run(&["sign-up", "Ann", "--invitation", &link, "--json"])
        .json();
    assert_eq!(made[0]["role"], "owner");
    (world, ann)
}

/// The one line that it prints.
fn line(text: String) -> String {
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

/// Lets somebody in by a link.
fn invited(world: &World, by: &Person, name: &str) -> Person {
    let link = line(by.run(&["invite"]).ok());
    let person = person(world, name);
    person.run(&["sign-up", name, "--invitation", &link]).ok();
    person
}

fn of_type(objects: Vec<Value>, kind: &str) -> Vec<Value> {
    objects
        .into_iter()
        .filter(|object| object["type"] == kind)
        .collect()
}

#[test]
fn a_link_lets_in_as_many_as_it_says() {
    let (world, ann) = owned();
    let made = ann
        .run(&["invite", "--uses", "2", "--expires", "1h", "--json"])
        .json();
    assert_eq!(made[0]["type"], "invitation_created");
    let link = made[0]["url"].as_str().unwrap();
    assert!(
        link.starts_with("http://") && link.contains("/#invite="),
        "{link}"
    );
    let bob = person(&world, "Bob");
    let made = bob.run(&["sign-up", "Bob", "--invitation", link]);
    assert!(made.stderr.contains("Ann invites you"), "{made:?}");
    made.ok();
    person(&world, "Cay")
        .run(&["sign-up", "Cay", "--invitation", link])
        .ok();
    let over = person(&world, "Dan").run(&["sign-up", "Dan", "--invitation", link]);
    over.failed(4);

    let link = line(ann.run(&["invite"]).ok());
    let listed = of_type(ann.run(&["invite", "list", "--json"]).json(), "invitation");
    let unused: Vec<&Value> = listed.iter().filter(|one| one["uses"] == 0).collect();
    assert_eq!(unused.len(), 1, "{listed:?}");
    let id = unused[0]["invitation_id"].as_str().unwrap();
    ann.run(&["invite", "revoke", id]).ok();
    person(&world, "Dan")
        .run(&["sign-up", "Dan", "--invitation", &link])
        .failed(4);
    bob.run(&["invite"]).failed(4);
}

#[test]
fn one_sees_where_one_is_signed_in_and_signs_out_there() {
    let (world, ann) = owned();
    let mut elsewhere = person(&world, "Ann elsewhere");
    elsewhere.run(&["sign-in", "Ann"]).ok();
    let sessions = of_type(ann.run(&["sessions", "--json"]).json(), "session");
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|one| one["current"] != true).unwrap();
    assert!(
        other["device"]
            .as_str()
            .unwrap()
            .contains("chinwag-terminal")
    );
    assert!(ann.run(&["sessions"]).ok().contains("(here)"));
    ann.run(&["sessions", "end", other["session_id"].as_str().unwrap()])
        .ok();
    elsewhere.run(&["rooms"]).failed(4);
    elsewhere.run(&["rooms"]).failed(2);

    elsewhere = person(&world, "Ann again");
    elsewhere.run(&["sign-in", "Ann"]).ok();
    let mut listening = elsewhere.start(&["chat", "lobby", "--follow"]);
    ann.run(&["post", "lobby", "hear me"]).ok();
    listening.hear("hear me");
    ann.run(&["sessions", "end", "--all"]).ok();
    let ended = listening.end().failed(4);
    assert!(ended.contains("session has ended"), "{ended}");
    // Whoever signs out is forgotten by the server as well.
    ann.run(&["sign-out"]).ok();
    ann.run(&["sign-in", "Ann"]).ok();
    let sessions = of_type(ann.run(&["sessions", "--json"]).json(), "session");
    assert_eq!(sessions.len(), 1, "{sessions:?}");
}

#[test]
fn a_password_is_changed_by_who_knows_it_and_reset_by_a_link() {
    let (world, ann) = owned();
    let bob = invited(&world, &ann, "Bob");
    let changing = bob
        .clone()
        .with("CHINWAG_NEW_PASSWORD", "another horse battery");
    changing.run(&["account", "password"]).ok();
    bob.run(&["account", "password"]).failed(2);
    bob.run(&["sign-out"]).ok();
    bob.run(&["sign-in", "Bob"]).failed(4);
    let knowing = bob
        .clone()
        .with("CHINWAG_PASSWORD", "another horse battery");
    knowing.run(&["sign-in", "Bob"]).ok();

    let link = line(ann.run(&["admin", "reset-password", "Bob"]).ok());
    knowing.run(&["sign-out"]).ok();
    let reset = bob.run(&["sign-up", "--invitation", &link]);
    assert!(reset.stderr.contains("lets Bob choose"), "{reset:?}");
    assert!(reset.ok().contains("You are Bob on"));
    bob.run(&["sign-out"]).ok();
    bob.run(&["sign-up", "--invitation", &link]).failed(4);
    bob.run(&["sign-in", "Bob"]).ok();
}

#[test]
fn a_profile_is_shown_and_changed() {
    let (world, ann) = owned();
    let shown = ann.run(&["account"]).ok();
    assert!(shown.contains("owner") && shown.contains("set"), "{shown}");
    let changed = ann.run(&[
        "account", "profile", "--rename", "Anna", "--status", "at lunch", "--json",
    ]);
    let changed = changed.json();
    assert_eq!(
        (&changed[0]["person"]["name"], &changed[0]["status_text"]),
        (&json!("Anna"), &json!("at lunch"))
    );
    assert_eq!(ann.run(&["account", "profile"]).code, Some(2));
    let bob = invited(&world, &ann, "Bob");
    let people = bob.run(&["people", "an"]).ok();
    assert!(
        people.contains("Anna") && people.contains("at lunch"),
        "{people}"
    );
    let picture = ann.folder.join("me.png");
    std::fs::write(&picture, PNG).unwrap();
    let changed = ann
        .run(&["account", "profile", "--picture", "me.png", "--json"])
        .json();
    let profile = of_type(changed, "profile").remove(0);
    assert!(
        profile["avatar"].as_str().unwrap().ends_with("me.png"),
        "{profile}"
    );
    let gone = ann
        .run(&["account", "profile", "--no-picture", "--json"])
        .json();
    assert!(gone[0]["avatar"].is_null());
}

/// One pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 10, b'I', b'D', b'A', b'T',
    0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xae, 0x42, 0x60, 0x82,
];

#[test]
fn bots_get_a_token_that_is_told_once() {
    let (_world, ann) = owned();
    let token = line(
        ann.run(&["bots", "create", "helper", "--scope", "read"])
            .ok(),
    );
    assert!(token.len() > 40, "{token}");
    let bots = ann.run(&["bots", "--json"]).json();
    assert_eq!(
        (
            &bots[0]["type"],
            &bots[0]["person"]["name"],
            &bots[0]["scopes"]
        ),
        (&json!("bot"), &json!("helper"), &json!(["read"]))
    );
    assert!(!ann.run(&["bots"]).ok().contains(&token));
    let other = line(ann.run(&["bots", "renew", "HELPER"]).ok());
    assert_ne!(token, other);
    ann.run(&["bots", "remove", "helper"]).ok();
    assert_eq!(ann.run(&["bots"]).ok(), "");
    ann.run(&["bots", "remove", "helper"]).failed(4);
}

#[test]
fn admins_look_after_people_and_settings() {
    let (world, ann) = owned();
    let bob = invited(&world, &ann, "Bob");
    bob.run(&["admin", "people"]).failed(4);
    ann.run(&["admin", "role", "Bob", "admin"]).ok();
    let people = of_type(
        bob.run(&["admin", "people", "--json"]).json(),
        "person_record",
    );
    let roles: Vec<_> = people
        .iter()
        .map(|one| (&one["person"]["name"], &one["role"]))
        .collect();
    assert_eq!(
        roles,
        [
            (&json!("Ann"), &json!("owner")),
            (&json!("Bob"), &json!("admin"))
        ]
    );
    bob.run(&["admin", "role", "Ann", "member"]).failed(4);
    ann.run(&["admin", "role", "Nobody", "admin"]).failed(4);

    let settings = bob
        .run(&["admin", "settings", "--registration", "open", "--json"])
        .json();
    assert_eq!(settings[0]["registration"], "open");
    assert!(
        bob.run(&["admin", "settings"])
            .ok()
            .contains("registration       open")
    );
    person(&world, "Cay").run(&["sign-up", "Cay"]).ok();
    let storage = bob.run(&["admin", "storage", "--json"]).json();
    assert_eq!(storage[0]["people"], 3);
    let audit = bob.run(&["admin", "audit"]).ok();
    let said: Vec<&str> = audit.lines().collect();
    assert!(
        said.iter()
            .any(|line| line.contains("set_role") && line.contains("Bob")),
        "{audit}"
    );
    ann.run(&["admin", "sign-out", "Cay"]).ok();
    ann.run(&["admin", "remove", "Cay"]).ok();
    let people = of_type(
        ann.run(&["admin", "people", "--json"]).json(),
        "person_record",
    );
    assert_eq!(people.len(), 2, "{people:?}");
    person(&world, "Cay").run(&["sign-in", "Cay"]).failed(4);
}
