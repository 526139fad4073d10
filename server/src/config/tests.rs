use std::path::Path;

use super::*;

pub(super) fn parse(arguments: &[&str]) -> Settings {
    let all = [&["chinwag-server"], arguments].concat();
    Arguments::try_parse_from(all).unwrap().settings
}

#[test]
fn flags_go_before_the_file_and_the_file_before_defaults() {
    let file: Settings =
        toml::from_str("name = 'File'\nsilence_timeout_s = 7\nhttp = '[::1]:1'").unwrap();
    let config = parse(&["--name", "Flag", "--metrics-for-all"])
        .or(file)
        .complete(10_000);
    assert_eq!(config.name, "Flag");
    assert_eq!(config.http, "[::1]:1".parse().unwrap());
    assert_eq!(config.limits.silence_timeout_ms, 7_000);
    assert_eq!(config.tcp, "127.0.0.1:7878".parse().unwrap());
    assert_eq!(config.connections_max, 8_000);
    assert!(config.metrics_for_all);
    assert!(config.loopback_is_exempt);
    assert!(
        !parse(&["--connections-per-address-max", "3"])
            .complete(10)
            .loopback_is_exempt
    );
}

#[test]
fn origins_come_from_any_place_as_a_whole() {
    let file = "allow_origin = ['https://a.example', 'http://b:81']";
    let file = || toml::from_str::<Settings>(file).unwrap();
    let hosts = |settings: Settings| settings.or(file()).complete(1024).allow_origins;
    assert_eq!(hosts(parse(&[])).len(), 2);
    let flags = parse(&[
        "--allow-origin",
        "http://c",
        "--allow-origin=http://d,https://e",
    ]);
    let wanted = ["http://c", "http://d", "https://e"];
    assert_eq!(hosts(flags), wanted.map(|text| text.parse().unwrap()));
}

#[test]
fn files_may_not_be_where_the_page_is() {
    let check = |arguments: &[&str]| parse(arguments).check_files_host();
    let files = "--files-url=https://files.example";
    assert!(check(&[]).is_ok());
    assert!(check(&[files, "--public-url=https://example"]).is_ok());
    for page in [
        "--public-url=http://FILES.example:81",
        "--allow-origin=https://files.example:8443",
    ] {
        let error = check(&[files, page]).unwrap_err().to_string();
        assert!(error.contains("files.example, where the page"), "{error}");
    }
    assert!(check(&["--files-url=http://localhost:8080"]).is_err());
}

#[test]
fn commands_take_folders_before_and_after_their_name() {
    for arguments in [
        ["--data-dir", "d", "--uploads-dir", "u", "fsck"],
        ["fsck", "--data-dir", "d", "--uploads-dir", "u"],
        ["--data-dir", "d", "fsck", "--uploads-dir", "u"],
    ] {
        let all = [&["chinwag-server"], &arguments[..]].concat();
        let parsed = Arguments::try_parse_from(all).unwrap();
        assert!(matches!(parsed.command, Some(Command::Fsck)));
        let config = parsed.settings.complete(10_000);
        assert_eq!(config.data_dir, Path::new("d"));
        assert_eq!(config.uploads_dir, Path::new("u"));
    }
    let served = Arguments::try_parse_from(["chinwag-server"]).unwrap();
    assert!(served.command.is_none());
}

#[test]
fn a_wrong_line_of_the_file_is_named() {
    let path = std::env::temp_dir().join(format!("chinwag-config-{}.toml", std::process::id()));
    for (text, line, says) in [
        ("name = 'x'\nnom = 'y'\n", 2, "nom: unknown field"),
        (
            "\n\ntext_bytes_max = 0\n",
            3,
            "text_bytes_max: 0 is not between 1 and 32768",
        ),
        ("http = 'here'\n", 1, "http: invalid socket address"),
        (
            "allow_origin = ['*']\n",
            1,
            "allow_origin: * is not an address such as https://chat.example",
        ),
        ("name = 'x\n", 1, "name: "),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = read(&path).unwrap_err().to_string();
        let start = format!("{}, line {line}: {says}", path.display());
        assert!(error.starts_with(&start), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(read(&path), Err(ConfigError::Unreadable { .. })));
}
