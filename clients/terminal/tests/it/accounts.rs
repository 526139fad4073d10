//! Coming in with an account.

use serde_json::json;

use shared::account::Registration;
use testing::World;

use crate::program::Person;

const PASSWORD: &str = "correct horse battery";

fn open() -> World {
    let mut world = World::start();
    world.stop_server();
    world.registration = Some(Registration::Open);
    world.start_server();
    world
}

/// Somebody whose password is in a file beside the profile.
fn person(world: &World, name: &str) -> Person {
    let person = Person::of(world, name).nameless();
    std::fs::create_dir_all(&person.folder).unwrap();
    std::fs::write(person.folder.join("password"), format!("{PASSWORD}\n")).unwrap();
    person
}

#[test]
fn an_account_is_made_once_and_entered_again() {
    let world = open();
    let ann = person(&world, "Ann");
    let made = ann.run(&["sign-up", "Ann", "--password-file", "password", "--json"]);
    let made = made.json();
    assert_eq!(
        (
            &made[0]["type"],
            &made[0]["person"]["name"],
            &made[0]["role"]
        ),
        (&json!("signed_in"), &json!("Ann"), &json!("member"))
    );
    let again = ann
        .run(&["sign-in", "Ann", "--password-file", "password"])
        .failed(4);
    assert!(
        again.contains("as Ann") && again.contains("sign-out"),
        "{again}"
    );
    ann.run(&["post", "lobby", "hello"]).ok();
    ann.run(&["sign-out"]).ok();
    let nobody = ann.run(&["rooms"]).failed(2);
    assert!(nobody.contains("not signed in"), "{nobody}");

    let taken = ann
        .run(&["sign-up", "ann", "--password-file", "password"])
        .failed(4);
    assert!(taken.contains("name"), "{taken}");
    std::fs::write(ann.folder.join("wrong"), "correct horse\n").unwrap();
    let wrong = ann.run(&["sign-in", "Ann", "--password-file", "wrong", "--json"]);
    assert_eq!(
        crate::program::objects(&wrong.stdout)[0]["code"],
        "wrong_credentials"
    );
    wrong.failed(4);
    // What was refused leaves nothing behind, and standard input will do as well.
    let input = format!("{PASSWORD}\n");
    let entered = ann.run_with_input(
        &["sign-in", "Ann", "--password-file", "-"],
        input.as_bytes(),
    );
    assert!(entered.ok().contains("You are Ann on"));
    ann.run(&["rooms"]).ok();
}

#[test]
fn a_password_comes_from_the_environment_and_never_from_the_arguments() {
    let world = open();
    let ann = person(&world, "Ann").with("CHINWAG_PASSWORD", PASSWORD);
    ann.run(&["sign-up", "Ann"]).ok();
    ann.run(&["sign-out"]).ok();
    ann.run(&["sign-in", "Ann"]).ok();
    let bob = person(&world, "Bob");
    for wrong in [
        &["sign-up", "Bob", "--password", PASSWORD] as &[&str],
        &["sign-up", "Bob", PASSWORD],
        &["sign-up", "Bob"],
        &["sign-up", "--password-file", "password"],
        &[
            "sign-up",
            "Bob",
            "--password-file",
            "password",
            "--invitation",
            "https://host/x",
        ],
    ] {
        assert_eq!(bob.run(wrong).code, Some(2), "{wrong:?}");
    }
    let missing = bob
        .run(&["sign-up", "Bob", "--password-file", "nowhere"])
        .failed(1);
    assert!(missing.contains("nowhere"), "{missing}");
    std::fs::write(bob.folder.join("password"), "short\n").unwrap();
    bob.run(&["sign-up", "Bob", "--password-file", "password"])
        .failed(4);
}

#[test]
fn who_is_at_the_door_is_told_what_is_behind_it() {
    let mut world = World::start();
    let ann = person(&world, "Ann");
    let closed = ann
        .run(&["sign-up", "Ann", "--password-file", "password"])
        .failed(4);
    assert!(closed.contains("invitation"), "{closed}");
    let told = ann.run(&["server"]).ok();
    assert!(
        told.contains("invitation") && told.contains("chinwag guest NAME"),
        "{told}"
    );
    let told = ann.run(&["server", "--json"]).json();
    assert_eq!(
        (
            &told[0]["type"],
            &told[0]["registration"],
            &told[0]["unowned"]
        ),
        (&json!("server"), &json!("invitation"), &json!(true))
    );
    world.stop_server();
    let nobody = ann.run(&["server"]).failed(3);
    assert!(nobody.contains("could not connect"), "{nobody}");
}

#[test]
fn nobody_needs_to_be_reached_to_sign_out() {
    let mut world = open();
    let ann = person(&world, "Ann");
    ann.run(&["sign-up", "Ann", "--password-file", "password"])
        .ok();
    world.stop_server();
    let ended = ann.run(&["sign-out", "--timeout", "0.2"]);
    assert!(ended.stderr.contains("could not be told"), "{ended:?}");
    ended.ok();
    ann.run(&["sign-out"]).failed(1);
}

#[test]
fn a_guest_makes_an_account_and_stays_who_they_are() {
    let mut world = World::start();
    let ann = person(&world, "Ann");
    ann.run(&["guest", "Ann"]).ok();
    ann.run(&["post", "lobby", "as a guest"]).ok();
    let own = ann.run(&["account", "--json"]).json();
    let create = ["account", "create", "--password-file", "password"];
    // What is refused leaves the guest as they were.
    let refused = ann.run(&create).failed(4);
    assert!(refused.contains("invitation"), "{refused}");
    std::fs::write(ann.folder.join("short"), "short\n").unwrap();
    ann.run(&["account", "create", "--password-file", "short"])
        .failed(4);
    ann.run(&["post", "lobby", "still a guest"]).ok();
    world.stop_server();
    world.registration = Some(Registration::Open);
    world.start_server();
    let made = ann.run(&create).ok();
    assert!(made.contains("as Ann"), "{made}");
    let now = ann.run(&["account", "--json"]).json();
    assert_eq!(now[0]["person"], own[0]["person"]);
    assert_eq!(now[0]["role"], json!("member"));
    let again = ann.run(&create).failed(4);
    assert!(again.contains("has an account already"), "{again}");
    // From anywhere, with all that they have said.
    let elsewhere = Person {
        folder: ann.folder.join("elsewhere"),
        ..ann.clone()
    };
    std::fs::create_dir_all(&elsewhere.folder).unwrap();
    std::fs::write(elsewhere.folder.join("password"), PASSWORD).unwrap();
    elsewhere
        .run(&["sign-in", "Ann", "--password-file", "password"])
        .ok();
    let heard = elsewhere.run(&["chat", "--json"]).json();
    for (event, text) in heard.iter().zip(["as a guest", "still a guest"]) {
        assert_eq!(event["event"]["text"], text);
        assert_eq!(event["person"], own[0]["person"]);
    }
    ann.run(&["post", "lobby", "here as well"]).ok();
}
