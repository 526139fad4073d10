//! The example that is written from PROTOCOL.md alone, beside the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use testing::World;

use crate::program::Person;

fn python(world: &World, arguments: &[&str]) -> (bool, String) {
    python_as(world, &[], arguments)
}

fn python_as(world: &World, who: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/chat.py");
    let folder = world.folder.path().join("python");
    fs::create_dir_all(&folder).unwrap();
    let output = Command::new("python3")
        .arg(example)
        .args(arguments)
        .current_dir(folder)
        .env("CHINWAG_SERVER", world.tcp())
        .env("CHINWAG_WEB", format!("http://{}", world.http()))
        .env("NO_PROXY", "*")
        .envs(who.iter().copied())
        .output()
        .expect("python3 must be installed: the example of the protocol runs in it");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn the_python_example_does_what_the_program_does() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let ok = |arguments: &[&str]| {
        let (success, text) = python(&world, arguments);
        assert!(success, "{arguments:?}: {text}");
        text
    };
    ann.run(&["post", "lobby", "hello\nPython"]).ok();
    ok(&["Pythia", "say", "lobby", "hello Ann"]);
    let heard = ok(&["Pythia", "hear", "lobby", "2"]);
    assert_eq!(heard, "1 'Ann' 'hello\\nPython'\n2 'Pythia' 'hello Ann'\n");

    let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i / 7) as u8).collect();
    fs::write(world.folder.path().join("python/big.bin"), &bytes).unwrap();
    fs::write(world.folder.path().join("python/empty"), b"").unwrap();
    ok(&["Pythia", "send", "lobby", "empty"]);
    let link = ok(&["Pythia", "send", "lobby", "big.bin"]);
    let link = link.trim_end();
    ann.run(&["get", link]).ok();
    assert!(fs::read(ann.folder.join("downloads/big.bin")).unwrap() == bytes);
    let file_id = link.split('/').nth(2).unwrap();
    ok(&["Pythia", "get", file_id, "by tcp"]);
    ok(&["Pythia", "fetch", link, "by http"]);
    for copy in ["by tcp", "by http"] {
        let copy = fs::read(world.folder.path().join("python").join(copy)).unwrap();
        assert!(copy == bytes);
    }
    let shown = ann.run(&["chat"]).ok();
    assert!(shown.contains("Pythia sent big.bin (2.9 MiB)"), "{shown}");
    let (success, taken) = python(&world, &["ann", "say", "lobby", "x"]);
    assert!(!success && taken.contains("choose another"), "{taken}");
}

#[test]
fn the_python_example_comes_in_by_password_and_as_a_bot() {
    let world = World::start();
    let ann = Person::of(&world, "Ann").nameless();
    fs::create_dir_all(&ann.folder).unwrap();
    fs::write(ann.folder.join("password"), "correct horse battery").unwrap();
    let link = world.owners_link().unwrap();
    let account = ["--invitation", &link, "--password-file", "password"];
    ann.run(&[&["sign-up", "Ann"][..], &account].concat()).ok();
    let scopes = ["--scope", "send", "--scope", "rooms", "--json"];
    let made = ann.run(&[&["bots", "create", "Beep"][..], &scopes].concat());
    let made = made.json();
    let token = made[0]["token"].as_str().unwrap();
    for (who, name) in [
        (("CHINWAG_PASSWORD", "correct horse battery"), "Ann"),
        (("CHINWAG_TOKEN", token), "Beep"),
    ] {
        let said = python_as(&world, &[who], &[name, "say", "lobby", "hello"]);
        assert_eq!(said, (true, String::new()));
    }
    let heard = ann.run(&["chat"]).ok();
    assert!(heard.contains("Beep"), "{heard}");
    let wrong = [("CHINWAG_PASSWORD", "wrong")];
    let (success, refused) = python_as(&world, &wrong, &["Ann", "say", "lobby", "x"]);
    assert!(
        !success && refused.contains("name and password"),
        "{refused}"
    );
}
