use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use testing::World;

use crate::program::{Person, objects};

/// A peer that answers every connection with `answer` and keeps it open.
fn foreign(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.write_all(answer);
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest);
            });
        }
    });
    address
}

fn at(person: &Person, server: &str) -> Person {
    Person {
        server: server.to_owned(),
        ..person.clone()
    }
}

#[test]
fn no_server_is_told_at_once_and_given_up_in_time() {
    let world = World::start();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = at(
        &Person::of(&world, "Ann"),
        &free.local_addr().unwrap().to_string(),
    );
    drop(free);
    let ended = nobody.run(&["rooms", "--timeout", "0.2"]);
    assert!(ended.stderr.contains("trying again"), "{ended:?}");
    let why = ended.failed(3);
    assert!(
        why.contains("could not connect") && why.contains("--server"),
        "{why}"
    );
    let ended = nobody.run(&["rooms", "--timeout", "0", "--quiet", "--json"]);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    let error = &objects(&ended.stdout)[0];
    assert_eq!(
        (error["type"].as_str(), error["exit_code"].as_u64()),
        (Some("error"), Some(3))
    );
    ended.failed(3);
    let ann = Person::of(&world, "Ann");
    ann.run(&["rooms", "--timeout", "0"]).ok();
}

#[test]
fn a_server_of_another_kind_is_told_from_ours_at_once() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let web = at(&ann, world.http()).run(&["rooms"]).failed(3);
    assert!(web.contains("web server"), "{web}");
    for answer in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(),
        b"220 mail ESMTP\r\n",
        b"\xff\xfe\x00\x01\n",
        b"{\"type\":\"hello\"\n",
    ] {
        let begun = Instant::now();
        let why = at(&ann, &foreign(answer)).run(&["rooms"]).failed(3);
        assert!(why.contains("no Chinwag server"), "{why}");
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "does not wait for --timeout"
        );
    }
    let endless: &'static [u8] = vec![b'x'; 3 << 20].leak();
    let why = at(&ann, &foreign(endless)).run(&["rooms"]).failed(3);
    assert!(why.contains("no Chinwag server"), "{why}");
    let silent = at(&ann, &foreign(b"")).run(&["rooms", "--timeout", "0.3"]);
    silent.failed(3);
}

#[test]
fn a_taken_name_and_an_unknown_room_are_refused() {
    let world = World::start();
    Person::of(&world, "Ann").run(&["guest", "Ann"]).ok();
    let mut other = Person::of(&world, "Another");
    other.name = "ann".to_owned();
    let taken = other.run(&["post", "lobby", "hi"]).failed(4);
    assert!(taken.contains("choose another"), "{taken}");
    other.name = "Bob".to_owned();
    other.run(&["post", "lobby", "hi"]).ok();
    for command in [
        ["post", "nowhere", "hi"],
        ["chat", "nowhere", "--quiet"],
        ["who", "nowhere", "--quiet"],
    ] {
        let unknown = other.run(&command).failed(4);
        assert!(unknown.contains("no room nowhere"), "{unknown}");
    }
}

#[test]
fn what_is_not_understood_is_refused_before_anything_is_sent() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    for wrong in [
        &["dance"] as &[&str],
        &[],
        &["post"],
        &["post", "two words", "hi"],
        &["rooms", "--timeout", "soon"],
        &["chat", "--history", "-1"],
        &["guest", "\u{202e}"],
    ] {
        let ended = ann.run(wrong);
        assert_eq!(ended.code, Some(2), "{wrong:?}: {ended:?}");
    }
    let nobody = ann.nameless();
    let who = nobody.run(&["rooms"]).failed(2);
    assert!(who.contains("--name"), "{who}");
}

#[test]
fn a_profile_that_cannot_be_used_is_named() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    std::fs::create_dir_all(&ann.folder).unwrap();
    std::fs::write(
        ann.folder.join("profile"),
        "a file where the folder should be",
    )
    .unwrap();
    let why = ann.run(&["rooms"]).failed(1);
    assert!(why.contains("--profile-dir"), "{why}");
}
