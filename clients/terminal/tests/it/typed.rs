//! What a person types at a terminal.

use std::process::{Command, Stdio};

use testing::World;

use crate::program::Person;

/// Runs a program in a terminal of its own. Each argument before `--` is what to wait for and what to type then.
const TYPIST: &str = r#"
import os, pty, select, sys, time
middle = sys.argv.index("--")
script = sys.argv[1:middle]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[middle + 1], sys.argv[middle + 1:])
seen = b""
def read():
    global seen
    ready, _, _ = select.select([fd], [], [], 0.1)
    try:
        piece = os.read(fd, 65536) if ready else b"."[:0]
    except OSError:
        return False
    seen += piece
    return bool(piece) or not ready
for wanted, typed in zip(script[::2], script[1::2]):
    start, end = len(seen), time.time() + 60
    while wanted.encode() not in seen[start:]:
        if not read() or time.time() > end:
            sys.exit(f"no {wanted!r} in {seen.decode(errors='replace')}")
    time.sleep(0.2)
    os.write(fd, typed.encode() + b"\n")
while read():
    pass
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// What is on the screen in the end, and how it ended.
fn typed(person: &Person, arguments: &[&str], script: &[(&str, &str)]) -> (Option<i32>, String) {
    std::fs::create_dir_all(&person.folder).unwrap();
    let script = script.iter().flat_map(|(wanted, typed)| [wanted, typed]);
    let output = Command::new("python3")
        .args(["-c", TYPIST])
        .args(script)
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_chinwag"))
        .args(["--server", &person.server])
        .args(arguments)
        .current_dir(&person.folder)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("CHINWAG_PROFILE_DIR", person.folder.join("profile"))
        .stdin(Stdio::null())
        .output()
        .expect("python3 must be installed: it has terminals");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code(), text)
}

#[test]
fn a_password_is_typed_unseen() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let link = world.owners_link().unwrap();
    let sign_up = ["sign-up", "--invitation", &link];
    let (code, screen) = typed(
        &ann,
        &sign_up,
        &[
            ("Your name", "Ann"),
            ("A password for Ann", "correct horse battery"),
            ("The same again", "something else"),
            ("two different", "correct horse battery"),
            ("The same again", "correct horse battery"),
        ],
    );
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("You are Ann on"), "{screen}");
    assert!(
        !screen.contains("horse") && !screen.contains("something"),
        "{screen}"
    );
    ann.run(&["sign-out"]).ok();
    let (code, screen) = typed(
        &ann,
        &["sign-in", "Ann"],
        &[("Password of Ann", "wrong horse")],
    );
    assert_eq!(code, Some(4), "{screen}");
    assert!(!screen.contains("horse"), "{screen}");
}

#[test]
fn what_is_a_command_is_a_line_in_a_chat_too() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let link = world.owners_link().unwrap();
    let password = [
        ("A password", "correct horse battery"),
        ("again", "correct horse battery"),
    ];
    typed(&ann, &["sign-up", "Ann", "--invitation", &link], &password);
    let (code, screen) = typed(
        &ann,
        &["chat", "lobby"],
        &[
            ("#lobby>", "hello"),
            ("Ann: hello", "/people"),
            ("owner", "/account password"),
            ("Your password", "correct horse battery"),
            ("New password", "another horse battery"),
            ("The same again", "another horse battery"),
            ("another one now", "/dance"),
            ("there is no /dance", "/admin settings --guests perhaps"),
            ("possible values", "/admin settings --guests off"),
            ("guests             off", "/help invite"),
            ("--expires", "/create garden"),
            ("#garden>", "/numbers"),
            ("#garden>", "/delete"),
            ("which message", "/rooms"),
            ("garden", "/quit"),
        ],
    );
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains("horse"), "{screen}");
}
