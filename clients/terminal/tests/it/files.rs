use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use testing::{Proxy, World};

use crate::program::Person;

const MIB: usize = 1 << 20;

/// Bytes that are the same everywhere only by accident.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(0x5851_F42D_4C95_7F2D)
                .wrapping_add(0x1405_7B7E_F767_814F);
            (state >> 56) as u8
        })
        .collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

fn put(person: &Person, name: &str, bytes: &[u8]) {
    fs::create_dir_all(&person.folder).unwrap();
    fs::write(person.folder.join(name), bytes).unwrap();
}

/// Uploads a file without posting it and returns its link.
fn link_of(person: &Person, name: &str, bytes: &[u8]) -> String {
    put(person, name, bytes);
    let file = person.run(&["send", name, "--no-post", "--json"]).json();
    file[0]["link"].as_str().unwrap().to_owned()
}

#[test]
fn files_are_sent_and_fetched_by_every_kind_of_link() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    let big = noise(5 * MIB + 17, 1);
    put(&ann, "big.bin", &big);
    put(&ann, "empty", b"");
    put(&ann, "Zoë's notes.txt", b"hello");
    let files = ["big.bin", "empty", "Zoë's notes.txt"];
    let sent = ann.run(&[&["send", "--json", "-m", "all of it"] as &[&str], &files].concat());
    let sent = sent.json();
    assert_eq!(sent[3]["type"], "message_accepted");
    let heard = bob.run(&["--json", "chat"]).json();
    assert_eq!(heard[0]["event"]["text"], "all of it");
    assert_eq!(
        heard[0]["event"]["attachments"].as_array().unwrap().len(),
        3
    );

    for (name, sent) in files.iter().zip(&sent) {
        assert_eq!(
            (&sent["type"], &sent["name"]),
            (&json!("file"), &json!(name))
        );
        let link = sent["link"].as_str().unwrap();
        let by_http = format!("http://{}{link}", world.http());
        assert_eq!(sent["url"], by_http, "the whole address is printed");
        let id = sent["file_id"].as_str().unwrap();
        for (count, link) in [link, &by_http, id].into_iter().enumerate() {
            let path = bob.run(&["get", link]).ok();
            let path = bob.folder.join(path.trim_end());
            let original = fs::read(ann.folder.join(name)).unwrap();
            assert_eq!(fs::read(path).unwrap(), original, "{name} by {link}");
            let copies = names(&bob.folder.join("downloads"));
            let stem = name.split('.').next().unwrap();
            let copies = copies.iter().filter(|copy| copy.starts_with(stem));
            assert_eq!(copies.count(), count + 1, "none is overwritten");
        }
    }
    assert!(names(&bob.folder.join("downloads")).contains(&"big (2).bin".to_owned()));
    let got = bob.run(&[
        "get",
        "--json",
        "-o",
        "new/name.bin",
        sent[0]["link"].as_str().unwrap(),
    ]);
    let got = &got.json()[0];
    assert_eq!(
        (&got["type"], &got["path"]),
        (&json!("downloaded"), &json!("new/name.bin"))
    );
    assert_eq!(got["content_hash"], sent[0]["content_hash"]);
}

#[test]
fn a_message_carries_attachments() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    put(&ann, "a.txt", b"a");
    put(&ann, "b.txt", b"b");
    ann.run(&[
        "post", "lobby", "look", "--attach", "a.txt", "--attach", "b.txt",
    ])
    .ok();
    ann.run(&["post", "lobby", "--attach", "a.txt"]).ok();
    let shown = ann.run(&["chat"]).ok();
    let address = format!("sent b.txt (1 byte)  http://{}/files/", world.http());
    assert!(
        shown.contains("Ann: look") && shown.contains(&address),
        "{shown}"
    );
    assert_eq!(shown.matches("sent a.txt").count(), 2);
    ann.run(&["send", "nothing"]).failed(1);
}

#[test]
fn a_killed_upload_goes_on_where_it_was() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let mut ann = Person::of(&world, "Ann");
    ann.server = proxy.address.clone();
    let bytes = noise(24 * MIB, 2);
    put(&ann, "big.bin", &bytes);
    proxy.up.allow(12 * MIB as u64);
    let sending = ann.start(&["send", "big.bin"]);
    proxy.up.wait_until_full();
    sending.kill();
    proxy.up.allow(u64::MAX);
    let sent = ann.run(&["send", "big.bin", "--json"]);
    assert!(sent.stderr.contains("going on with big.bin"), "{sent:?}");
    assert!(
        proxy.up.passed() < 18 * MIB as u64,
        "what is there is not sent again"
    );
    let link = sent.json()[0]["link"].as_str().unwrap().to_owned();
    ann.run(&["get", &link]).ok();
    assert!(fs::read(ann.folder.join("downloads/big.bin")).unwrap() == bytes);
    assert_eq!(posted(&ann), expected(&[("", &["big.bin"])]), "once");

    proxy.up.allow(12 * MIB as u64);
    let sending = ann.start(&["send", "big.bin"]);
    proxy.up.wait_until_full();
    sending.kill();
    proxy.up.allow(u64::MAX);
    let changed = noise(24 * MIB, 3);
    put(&ann, "big.bin", &changed);
    let sent = ann.run(&["send", "big.bin", "--json"]);
    assert!(
        !sent.stderr.contains("going on"),
        "another file now: {sent:?}"
    );
    let link = sent.json()[0]["link"].as_str().unwrap().to_owned();
    ann.run(&["get", &link, "-o", "changed.bin"]).ok();
    assert!(fs::read(ann.folder.join("changed.bin")).unwrap() == changed);
}

#[test]
fn a_message_is_there_before_its_file_and_stays_where_that_is_cancelled() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let here = Person::of(&world, "Ann").owning(&world);
    let bob = Person::of(&world, "Bob");
    let ann = Person {
        server: proxy.address.clone(),
        ..here.clone()
    };
    ann.run(&["sign-in", "Ann"]).ok();
    put(&ann, "big.bin", &noise(64 * MIB, 5));
    proxy.up.allow(2 * MIB as u64);
    let mut listening = bob.start(&["chat", "--follow"]);
    let sending = ann.start(&["send", "big.bin", "-m", "soon"]);
    // The message waits for a moment, and then behind what is on its way.
    proxy.up.wait_until_full();
    std::thread::sleep(Duration::from_millis(700));
    proxy.up.allow(9 * MIB as u64);
    listening.hear("Ann: soon");
    listening.hear("Ann is sending big.bin (67 MB, on its way)");
    let uploads = here.run(&["uploads", "--json"]).json();
    assert_eq!(uploads.len(), 1);
    assert_eq!(uploads[0]["name"], "big.bin");
    assert!(uploads[0]["received_bytes"].as_u64() < Some(64 * MIB as u64));
    let id = uploads[0]["upload_id"].as_str().unwrap();
    assert!(here.run(&["uploads"]).ok().contains(id));
    here.run(&["uploads", "cancel", id]).ok();
    proxy.up.allow(u64::MAX);
    let refused = sending.end().failed(1);
    assert!(refused.contains("cancelled"), "{refused}");
    listening.hear("Ann gave up sending a file");
    let later = bob.run(&["chat"]).ok();
    assert!(later.contains("gave up sending big.bin"), "{later}");
    assert!(
        !later.contains("is sending") && !later.contains("a file"),
        "{later}"
    );
    assert_eq!(here.run(&["uploads"]).ok(), "");
    here.run(&["uploads", "cancel", id]).failed(4);
    listening.kill();
}

/// The texts and the names of files of all messages, as somebody who comes now is told.
fn posted(person: &Person) -> Vec<(String, Vec<String>)> {
    let events = person.run(&["chat", "--json", "--history", "100"]).json();
    let message = |event: &Value| {
        let carried = ["attachments", "arriving"].map(|kind| event["event"][kind].as_array());
        let files = carried.into_iter().flatten().flatten();
        let names = files.map(|file| file["name"].as_str().unwrap().to_owned());
        let text = event["event"]["text"].as_str()?;
        Some((text.to_owned(), names.collect()))
    };
    events.iter().filter_map(message).collect()
}

fn expected(messages: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let message = |(text, names): &(&str, &[&str])| ((*text).to_owned(), owned(names));
    messages.iter().map(message).collect()
}

#[test]
fn folders_and_pipes_are_sent() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    fs::create_dir_all(ann.folder.join("photos/2026/empty")).unwrap();
    put(&ann, "photos/cover.png", b"a");
    put(&ann, "photos/2026/b.png", b"b");
    put(&ann, "photos/2026/a.png", b"c");
    put(&ann, "notes.txt", b"d");
    ann.run(&["send", "-m", "look", "photos", "notes.txt"]).ok();
    let tar = noise(3 * MIB + 5, 7);
    let sent = ann.run_with_input(&["send", "-", "--as", "all.tar", "--json"], &tar);
    let link = sent.json()[0]["link"].as_str().unwrap().to_owned();
    assert_eq!(
        posted(&ann),
        expected(&[
            ("look", &["notes.txt"]),
            ("photos/", &["cover.png"]),
            ("photos/2026/", &["a.png", "b.png"]),
            ("", &["all.tar"]),
        ])
    );
    ann.run(&["get", &link]).ok();
    assert!(fs::read(ann.folder.join("downloads/all.tar")).unwrap() == tar);
    let piped = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with("piped-");
    for entry in walk(world.folder.path()) {
        assert!(!piped(entry.file_name().unwrap()), "{entry:?} is left");
    }
    ann.run(&["send", "-", "-"]).failed(2);
    ann.run(&["send", "photos/2026/empty"]).ok();
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(walk(&path));
        }
        all.push(path);
    }
    all
}

#[test]
fn a_folder_is_kept_in_step_with_a_room() {
    let world = World::start();
    let proxy = Proxy::start(world.tcp());
    let ann = Person {
        server: proxy.address.clone(),
        ..Person::of(&world, "Ann")
    };
    fs::create_dir_all(ann.folder.join("reports/may")).unwrap();
    put(&ann, "reports/a.txt", b"a");
    put(&ann, "reports/may/big.bin", &noise(24 * MIB, 8));
    let sync = ["sync", "reports", "reports", "--create"];
    proxy.up.allow(12 * MIB as u64);
    let interrupted = ann.start(&sync);
    proxy.up.wait_until_full();
    interrupted.kill();
    proxy.up.allow(u64::MAX);
    ann.run(&sync).ok();
    assert!(
        proxy.up.passed() < 18 * MIB as u64,
        "what is there is not sent again"
    );
    let room = || {
        let events = ann.run(&["files", "--room", "reports", "--json"]).json();
        let names = events
            .iter()
            .map(|sent| sent["file"]["name"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    assert_eq!(room(), ["a.txt", "big.bin"], "each once");
    let again = ann.run(&sync);
    assert!(again.stderr.contains("nothing is new"), "{again:?}");
    put(&ann, "reports/a.txt", b"changed");
    put(&ann, "reports/b.txt", b"new");
    assert_eq!(ann.run(&sync).ok().lines().count(), 2);
    assert_eq!(room(), ["a.txt", "a.txt", "b.txt", "big.bin"]);
    ann.run(&["sync", "nowhere", "reports"]).failed(1);
}

#[test]
fn files_of_messages_are_looked_for() {
    let world = World::start();
    let (ann, bob) = (Person::of(&world, "Ann"), Person::of(&world, "Bob"));
    put(&ann, "Garden plan.pdf", b"%PDF-1.4");
    put(&ann, "song.txt", b"la la");
    ann.run(&["send", "Garden plan.pdf", "song.txt"]).ok();
    put(&bob, "plan.zip", b"PK");
    bob.run(&["send", "plan.zip"]).ok();
    let found = |arguments: &[&str]| {
        let all = [&["files", "--json"] as &[&str], arguments].concat();
        let found = bob.run(&all).json();
        let names = found
            .iter()
            .map(|sent| sent["file"]["name"].as_str().unwrap().to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    assert_eq!(found(&[]), ["Garden plan.pdf", "plan.zip", "song.txt"]);
    assert_eq!(found(&["PLAN"]), ["Garden plan.pdf", "plan.zip"]);
    assert_eq!(found(&["plan", "--kind", "archive"]), ["plan.zip"]);
    assert_eq!(found(&["--from", "ann", "plan"]), ["Garden plan.pdf"]);
    assert_eq!(
        found(&["--since", "2020-01-01", "--room", "lobby", "--limit", "1"]).len(),
        1
    );
    assert_eq!(found(&["--until", "2020-01-01"]), [""; 0]);
    let line = bob.run(&["files", "garden"]).ok();
    assert!(
        line.contains("Ann in lobby: Garden plan.pdf  http://"),
        "{line}"
    );
    bob.run(&["files", "--room", "nowhere"]).failed(4);
    let usage = bob.run(&["files", "--since", "yesterday"]);
    assert_eq!(usage.code, Some(2), "{usage:?}");
}

#[test]
fn a_killed_download_goes_on_and_repairs_what_was_damaged() {
    let world = World::start();
    let bytes = noise(24 * MIB, 4);
    let link = link_of(&Person::of(&world, "Ann"), "big.bin", &bytes);
    for (name, server) in [("native", world.tcp()), ("HTTP", world.http())] {
        let proxy = Proxy::start(server);
        let mut bob = Person::of(&world, name);
        let link = match name {
            "HTTP" => format!("http://{}{link}", proxy.address),
            _ => {
                bob.server = proxy.address.clone();
                link.clone()
            }
        };
        proxy.down.allow(12 * MIB as u64);
        let getting = bob.start(&["get", &link]);
        proxy.down.wait_until_full();
        getting.kill();
        let folder = bob.folder.join("downloads");
        let partial = names(&folder);
        assert!(
            partial.len() == 1 && partial[0].ends_with(".part"),
            "{partial:?}"
        );
        let partial = folder.join(&partial[0]);
        let mut present = fs::read(&partial).unwrap();
        let end = present.len();
        present[MIB + 5] ^= 1;
        fs::write(&partial, &present).unwrap();
        assert!(end > 4 * MIB, "{name}: something had come");

        proxy.down.allow(u64::MAX);
        bob.run(&["get", &link]).ok();
        assert!(
            proxy.down.passed() < 20 * MIB as u64,
            "{name}: what is there does not come again"
        );
        assert!(fs::read(folder.join("big.bin")).unwrap() == bytes, "{name}");
        assert_eq!(names(&folder), ["big.bin"], "{name}");
    }
}

#[test]
fn what_comes_damaged_is_never_taken_for_the_file() {
    let world = World::start();
    let bytes = noise(3 * MIB, 5);
    let link = link_of(&Person::of(&world, "Ann"), "big.bin", &bytes);
    let proxy = Proxy::start(world.http());
    let bob = Person::of(&world, "Bob");
    let by_http = format!("http://{}{link}", proxy.address);
    proxy.down.damage(true);
    let why = bob.run(&["get", &by_http]).failed(5);
    assert!(why.contains("damaged"), "{why}");
    assert!(!bob.folder.join("downloads/big.bin").exists());
    proxy.down.damage(false);
    bob.run(&["get", &by_http]).ok();
    assert!(fs::read(bob.folder.join("downloads/big.bin")).unwrap() == bytes);
}

#[test]
fn links_that_lead_nowhere_are_refused() {
    let world = World::start();
    let ann = Person::of(&world, "Ann");
    let nothing = "AAAAAAAAAAAAAAAAAAAAAA";
    ann.run(&["get", nothing]).failed(4);
    let http = world.http();
    ann.run(&["get", &format!("http://{http}/files/{nothing}/x")])
        .failed(4);
    for wrong in [
        "nonsense",
        "http://127.0.0.1",
        "/other/AAAAAAAAAAAAAAAAAAAAAA",
        "https://127.0.0.1",
    ] {
        ann.run(&["get", wrong]).failed(2);
    }
    let tcp = world.tcp();
    let native = ann.run(&[
        "get",
        &format!("http://{tcp}/files/{nothing}/x"),
        "--timeout",
        "5",
    ]);
    native.failed(3);
    for scheme in ["http", "https"] {
        ann.run(&["get", &format!("{scheme}://127.0.0.1:1/files/{nothing}/x")])
            .failed(3);
    }
    let link = link_of(&ann, "a", b"a");
    put(&ann, "file", b"");
    ann.run(&["get", &link, "-o", "file/below"]).failed(1);
}

/// A peer that writes frames itself.
fn raw_upload(world: &World, name: &str) -> String {
    let mut stream = BufReader::new(TcpStream::connect(world.tcp()).unwrap());
    let mut request = |mut frame: Value, payload: &[u8], answer: &str| {
        frame["request_id"] = json!(7);
        let text = format!("{frame}\n");
        stream
            .get_mut()
            .write_all(&[text.as_bytes(), payload].concat())
            .unwrap();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let frame: Value = serde_json::from_str(&line).unwrap();
            if frame["request_id"] == 7 {
                assert_eq!(frame["type"], answer, "{frame}");
                return frame;
            }
        }
    };
    let credentials = json!({"type": "claim_name", "name": format!("raw {}", name.len())});
    request(
        json!({"type": "hello", "protocol": 1, "credentials": credentials}),
        b"",
        "welcome",
    );
    let begin = json!({"type": "begin_upload", "name": name, "size_bytes": 1});
    let upload = request(begin, b"", "upload_status");
    let upload_id = &upload["upload_id"];
    let put = json!({"type": "put_chunk", "upload_id": upload_id, "index": 0, "payload_bytes": 1});
    request(put, b"x", "chunk_stored");
    let finish = json!({"type": "finish_upload", "upload_id": upload_id});
    let finished = request(finish, b"", "upload_finished");
    finished["file"]["file_id"].as_str().unwrap().to_owned()
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let world = World::start();
    let bob = Person::of(&world, "Bob");
    let long = format!("{}.txt", "long".repeat(1000));
    for name in [
        "../../../escaped",
        "/etc/escaped",
        "..\\escaped",
        "a\u{0}b\nc\u{202e}d",
        "",
        &long,
    ] {
        let file_id = raw_upload(&world, name);
        let path = bob.run(&["get", &file_id]).ok();
        let path = bob.folder.join(path.trim_end_matches('\n'));
        assert_eq!(
            path.parent(),
            Some(bob.folder.join("downloads").as_path()),
            "{name}"
        );
        assert_eq!(fs::read(path).unwrap(), b"x");
    }
    assert_eq!(names(&bob.folder.join("downloads")).len(), 6);
    assert_eq!(names(&bob.folder), ["downloads", "profile"]);
}
