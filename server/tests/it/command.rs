//! The program as its operator meets it: settings, errors in one sentence, signals.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag-server"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .env("RUST_BACKTRACE", "1")
        .env("CHINWAG_HTTP", "127.0.0.1:0")
        .env("CHINWAG_TCP", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A started server and where its port for browsers is.
fn start(folder: &TempDir, arguments: &[&str]) -> (Child, String) {
    let mut child = program(folder, arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    lines.next().unwrap().unwrap();
    let address = first
        .trim_start_matches("Chinwag is open at http://")
        .trim_end_matches('/');
    (child, address.to_owned())
}

fn signal(child: &Child, name: &str) {
    let killed = Command::new("kill")
        .arg(name)
        .arg(child.id().to_string())
        .status();
    assert!(killed.unwrap().success());
}

/// One line on standard error, which says these, and the exit code.
fn refused(output: &Output, code: i32, says: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    for part in says {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn wrong_settings_are_named_in_one_line() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| program(&folder, arguments).output().unwrap();
    refused(&run(&["--tcp", "nowhere"]), 2, &["--tcp", "nowhere"]);
    refused(&run(&["--no-such"]), 2, &["--no-such"]);
    refused(
        &run(&["--text-bytes-max", "0"]),
        2,
        &["--text-bytes-max", "between 1 and 32768"],
    );
    refused(
        &run(&["--connections-max", "1000000"]),
        2,
        &["connections_max", "open files"],
    );
    refused(&run(&["--config", "missing.toml"]), 2, &["missing.toml"]);
    std::fs::write(
        folder.path().join("c.toml"),
        "name = 'x'\nconections_max = 5\n",
    )
    .unwrap();
    refused(
        &run(&["--config", "c.toml"]),
        2,
        &["c.toml, line 2", "conections_max", "unknown field"],
    );
    let by_environment = program(&folder, &[])
        .env("CHINWAG_LOG_FORMAT", "xml")
        .output();
    refused(&by_environment.unwrap(), 2, &["xml", "log-format"]);
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("CHINWAG_CONNECTIONS_MAX"));
}

#[test]
fn what_it_cannot_have_is_named_in_one_line() {
    let folder = TempDir::new().unwrap();
    let (mut first, address) = start(&folder, &[]);
    let run = |arguments: &[&str]| program(&folder, arguments).output().unwrap();
    refused(
        &run(&["--http", &address, "--data-dir", "other"]),
        1,
        &[&address, "--http"],
    );
    refused(&run(&[]), 1, &["data", "in use by another server"]);
    std::fs::write(folder.path().join("file"), "").unwrap();
    refused(&run(&["--data-dir", "file"]), 1, &["file", "write"]);
    refused(
        &run(&["--data-dir", "other", "--uploads-dir", "file"]),
        1,
        &["file"],
    );
    signal(&first, "-TERM");
    assert_eq!(first.wait().unwrap().code(), Some(0));
}

#[test]
fn the_file_is_read_and_the_log_is_json() {
    let folder = TempDir::new().unwrap();
    let file = "name = 'From the file'\nlog_format = 'json'\n";
    std::fs::write(folder.path().join("c.toml"), file).unwrap();
    let (child, _) = start(&folder, &["--config", "c.toml"]);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    let stopping: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(stopping["level"], "INFO", "{log}");
}

#[test]
fn whoever_opens_it_to_others_is_warned_once() {
    for (arguments, addresses) in [
        (&["--http", "0.0.0.0:0"][..], 1),
        (&["--http", "[::]:0", "--tcp", "0.0.0.0:0"], 2),
        (&["--http", "[::ffff:127.0.0.1]:0", "--tcp", "[::1]:0"], 0),
        (&["--http", "0.0.0.0:0", "--tls-self-signed"], 0),
        (&[], 0),
    ] {
        let folder = TempDir::new().unwrap();
        let (child, _) = start(&folder, arguments);
        signal(&child, "-TERM");
        let output = child.wait_with_output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        let warnings: Vec<_> = log.lines().filter(|line| line.contains("WARN")).collect();
        assert_eq!(warnings.len(), usize::from(addresses > 0), "{log}");
        for warning in warnings {
            for part in [
                "WITHOUT TLS",
                "can read passwords, messages and files",
                "--tls-self-signed",
                "127.0.0.1",
            ] {
                assert!(warning.contains(part), "{part:?} is not in {warning}");
            }
            assert_eq!(
                warning.contains(" and 0.0.0.0:"),
                addresses == 2,
                "{warning}"
            );
        }
    }
}

#[test]
fn the_first_start_tells_how_to_own_it_and_draws_where_it_is() {
    let folder = TempDir::new().unwrap();
    let mut child = program(&folder, &["--qr-code", "on"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut read = || lines.next().unwrap().unwrap();
    let address = read();
    let address = address.trim_start_matches("Chinwag is open at ").to_owned();
    while !read().contains('█') {}
    let link = loop {
        let line = read();
        if line.contains("#invite=") {
            break line;
        }
    };
    let token = link.trim().strip_prefix(&format!("{address}#invite="));
    assert_eq!(token.map(str::len), Some(43), "{link}");
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn commands_take_what_the_server_takes() {
    let folder = TempDir::new().unwrap();
    // No server could have so many, and none is started.
    let file = "data_dir = 'mine'\nconnections_max = 1000000\n";
    std::fs::write(folder.path().join("c.toml"), file).unwrap();
    let run = |arguments: &[&str]| program(&folder, arguments).output().unwrap();
    refused(
        &run(&["--config", "c.toml", "fsck"]),
        2,
        &["mine/chinwag.db"],
    );
    refused(
        &run(&["fsck", "--config", "c.toml"]),
        2,
        &["mine/chinwag.db"],
    );
    refused(&run(&["backup"]), 2, &["<FOLDER>"]);
    refused(
        &run(&["export", "lobby", "--format", "xml"]),
        2,
        &["xml", "json, html"],
    );
    refused(&run(&["bakup", "x"]), 2, &["bakup"]);
    let mut named = program(&folder, &["fsck"]);
    let named = named.env("CHINWAG_DATA_DIR", "theirs").output();
    refused(&named.unwrap(), 2, &["theirs/chinwag.db"]);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = TempDir::new().unwrap();
    let mut child = program(&folder, &["--guests", "on"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let second = lines.next().unwrap().unwrap();
    // A peer that does not leave, for which a drain waits a while.
    let mut peer = TcpStream::connect(second.trim_start_matches("native TCP on ")).unwrap();
    let hello =
        br#"{"type":"hello","protocol":1,"credentials":{"type":"claim_name","name":"Ann"}}"#;
    peer.write_all(&[hello, b"\n".as_slice()].concat()).unwrap();
    let mut frames = BufReader::new(peer.try_clone().unwrap()).lines();
    while !frames.next().unwrap().unwrap().contains("\"welcome\"") {}
    signal(&child, "-TERM");
    while !frames.next().unwrap().unwrap().contains("\"draining\"") {}
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn its_certificate_is_named_at_the_start_and_read_again_when_it_hangs_up() {
    let folder = TempDir::new().unwrap();
    let operator = crate::secure::Operator::new(&folder);
    let fingerprint = operator.renew(&["localhost"]);
    let arguments = ["--tls-cert", "certificate.pem", "--tls-key", "key.pem"];
    let mut child = program(&folder, &arguments).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || said.next().unwrap().unwrap();
    assert!(next().starts_with("Chinwag is open at https://127.0.0.1:"));
    assert!(next().ends_with(" with TLS"));
    let named = format!("certificate fingerprint (SHA-256): {fingerprint}");
    assert_eq!(next(), named);
    signal(&child, "-HUP");
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    // Nothing has changed, so nothing else says this.
    let read_again = |line: std::io::Result<String>| line.unwrap().contains("new connections get");
    assert!(log.by_ref().any(read_again));
    signal(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}

#[test]
fn half_of_what_tls_needs_is_refused_in_one_line() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| program(&folder, arguments).output().unwrap();
    refused(&run(&["--tls-cert", "c.pem"]), 2, &["tls_key"]);
    let both = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
    refused(&run(&both), 1, &["cannot read c.pem"]);
    let three = [&both[..], &["--tls-self-signed"]].concat();
    refused(&run(&three), 2, &["contradict"]);
}
