use proptest::prelude::*;

use super::*;

fn person(text: &str) -> Result<String, NameError> {
    text.parse::<PersonName>().map(|name| name.to_string())
}

#[test]
fn people_may_have_any_visible_name() {
    for name in ["Ann", "Jörg Müller", "Ольга", "王小明", "👩‍"] {
        // The last one ends in a zero-width joiner.
        assert_eq!(person(name).is_ok(), !name.contains('\u{200D}'), "{name}");
    }
    assert_eq!(person("  Ann   Lee "), Ok("Ann Lee".to_owned()));
}

#[test]
fn bad_names_say_why() {
    assert_eq!(person(" \t"), Err(NameError::Empty));
    assert_eq!(person(&"x".repeat(33)), Err(NameError::TooLong { max: 32 }));
    for bad in ["a\u{202E}b", "a\u{200B}b", "a\0b", "\u{3164}", "\u{2800}"] {
        assert_eq!(person(bad), Err(NameError::Invisible), "{bad:?}");
    }
    assert_eq!("a b".parse::<RoomName>(), Err(NameError::RoomCharacter));
    assert_eq!(
        "019335a0-0000-7000-8000-000000000000".parse::<RoomName>(),
        Err(NameError::LooksLikeId)
    );
}

#[test]
fn names_that_look_the_same_share_a_key() {
    let key = |text: &str| text.parse::<PersonName>().expect("a name").key();
    assert_eq!(key("ANN"), key("ann"));
    assert_eq!(key("Ａｎｎ"), key("ann"));
    assert_eq!(key("e\u{301}"), key("É"));
    assert_ne!(key("ann"), key("anne"));
}

#[test]
fn file_names_are_repaired() {
    for (given, safe) in [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "__.._etc_passwd"),
        ("..\\boot.ini", "__boot.ini"),
        ("a\0b\nc.txt", "abc.txt"),
        ("exe.\u{202E}fdp", "exe.fdp"),
        (".bashrc", "_bashrc"),
        ("..", "file"),
        ("", "file"),
        ("  ", "file"),
        ("nul.txt", "_nul.txt"),
        ("COM7", "_COM7"),
        ("notes. . .", "notes"),
        ("notes\u{2000}.", "notes"),
        ("a\u{34F}\u{301}.txt", "á.txt"),
        (
            "Z\u{336}\u{335}\u{334}\u{333}\u{332}\u{331}\u{330}.txt",
            "Z\u{336}\u{335}\u{334}\u{333}\u{332}.txt",
        ),
        ("\u{301}\u{301}a.txt", "a.txt"),
        ("\u{202E}\u{2066}\u{200B}", "file"),
    ] {
        assert_eq!(FileName::repaired(given).as_str(), safe, "{given:?}");
    }
    let long = FileName::repaired(&format!("{}.tar.gz", "ü".repeat(4000)));
    assert!(
        long.as_str().len() <= FILE_NAME_BYTES_MAX && long.as_str().ends_with("ü.gz"),
        "{long}"
    );
    let long = FileName::repaired(&format!("{}.gz", "ü".repeat(400)));
    assert!(
        long.as_str().len() <= FILE_NAME_BYTES_MAX && long.as_str().ends_with("ü.gz"),
        "{long}"
    );
}

proptest! {
    #[test]
    fn a_repaired_file_name_is_one_safe_component(text in any::<String>()) {
        let name = FileName::repaired(&text);
        let name = name.as_str();
        prop_assert!(!name.is_empty() && name.len() <= FILE_NAME_BYTES_MAX);
        prop_assert!(!name.contains(['/', '\\', '\0', '\n', '"']));
        prop_assert!(!name.starts_with('.') && !name.ends_with('.'));
        let again = FileName::repaired(name);
        prop_assert_eq!(again.as_str(), name, "repairing again changes nothing");
    }

    #[test]
    fn a_parsed_name_parses_to_itself(text in any::<String>()) {
        if let Ok(name) = text.parse::<PersonName>() {
            prop_assert_eq!(name.as_str().parse::<PersonName>(), Ok(name.clone()));
        }
    }
}
