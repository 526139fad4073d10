//! The program from outside.

use std::process::Command;

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_chinwag-desktop"));
    for variable in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        program.env_remove(variable);
    }
    program
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_screen_it_says_so() {
    let home = tempfile::tempdir().unwrap();
    let ended = program().arg("--profile-dir").arg(home.path()).output();
    let ended = ended.unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert!(
        told.starts_with("error: no screen can be reached"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn help_names_every_argument_and_nonsense_is_refused() {
    let help = program().arg("--help").output().unwrap();
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    for word in [
        "--server",
        "--name",
        "--profile-dir",
        "[FILES]",
        "Exit status",
    ] {
        assert!(text.contains(word), "{word} in {text}");
    }
    let nonsense = program().args(["--server", "http://x/"]).output().unwrap();
    assert_eq!(nonsense.status.code(), Some(2));
}
