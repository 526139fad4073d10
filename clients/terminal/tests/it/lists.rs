use serde_json::json;

use testing::World;

use crate::program::Person;

#[test]
fn rooms_are_listed_for_people_and_programs() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    ann.run(&["post", "garden", "--create", "hello"]).ok();
    let rooms = bob.run(&["rooms"]).ok();
    assert!(
        rooms
            .lines()
            .any(|line| line.starts_with("lobby ") && line.contains("joined"))
    );
    let garden = rooms.lines().find(|line| line.starts_with("garden "));
    assert!(garden.is_some_and(|line| line.contains("1 member") && !line.contains("joined")));
    let rooms = bob.run(&["rooms", "--json"]).json();
    let garden = rooms.iter().find(|room| room["name"] == "garden").unwrap();
    assert_eq!(
        (&garden["type"], &garden["joined"]),
        (&json!("room"), &json!(false))
    );
    assert_eq!(
        (&garden["kind"], &garden["members"]),
        (&json!("public"), &json!(1))
    );
}

#[test]
fn one_signs_in_once_and_out_again() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let signed_in = ann.run(&["guest", "Ann", "--json"]).json();
    assert_eq!(
        (&signed_in[0]["type"], &signed_in[0]["person"]["name"]),
        (&json!("signed_in"), &json!("Ann"))
    );
    assert!(ann.run(&["guest", "ANN"]).ok().contains("You are Ann on"));
    let refused = ann.run(&["guest", "Zoe"]).failed(4);
    assert!(
        refused.contains("signed in") && refused.contains("as Ann"),
        "{refused}"
    );
    ann.run(&["sign-out"]).ok();
    ann.run(&["sign-out"]).failed(1);
    let taken = ann.run(&["rooms"]).failed(4);
    assert!(taken.contains("Somebody else has this name"), "{taken}");
    let mut zoe = ann.clone();
    zoe.name = "Zoe".to_owned();
    zoe.run(&["rooms"]).ok();
}

#[test]
fn who_is_there_is_listed_for_people_and_programs() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    let mut listening = ann.start(&["chat", "lobby", "--follow"]);
    bob.run(&["post", "garden", "--create", "hello"]).ok();
    bob.run(&["post", "lobby", "all know each other"]).ok();
    listening.hear("all know each other");
    let online = bob.run(&["who"]).ok();
    assert_eq!(online, "Ann\nBob\n");
    let garden = bob.run(&["who", "garden", "--json"]).json();
    assert_eq!(garden.len(), 1);
    assert_eq!(
        (&garden[0]["type"], &garden[0]["room"]),
        (&json!("member"), &json!("garden"))
    );
    assert_eq!(
        (&garden[0]["person"]["name"], &garden[0]["online"]),
        (&json!("Bob"), &json!(true))
    );
    let why = ann.run(&["who", "garden"]).failed(4);
    assert!(why.contains("chinwag chat garden"), "{why}");
    let rooms = ann.run(&["rooms", "--json"]).json();
    let garden = rooms.iter().find(|room| room["name"] == "garden").unwrap();
    assert_eq!(garden["joined"], false, "asking joins nobody");
}
