//! Servers with TLS, and those who take their place.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::json;
use shared::Fingerprint;
use testing::{CertificateFiles, TlsSource, World};

use crate::program::Person;

fn at(person: &Person, server: String) -> Person {
    Person {
        server,
        ..person.clone()
    }
}

/// The server at `localhost` in place of `127.0.0.1`.
fn by_name(world: &World) -> String {
    world.tcp().replace("127.0.0.1", "localhost")
}

/// What is remembered of the server.
fn remembered(person: &Person) -> String {
    let folder = person.server.rsplit('/').next().unwrap().replace(':', "_");
    let file = person.folder.join("profile").join(folder).join("tls.json");
    fs::read_to_string(file).unwrap_or_default()
}

/// Another certificate of its own making.
fn change_certificate(world: &mut World) -> Fingerprint {
    world.stop_server();
    fs::remove_dir_all(world.folder.path().join("data/tls")).unwrap();
    world.start_server();
    world.fingerprint().unwrap()
}

/// Puts a certificate for `name` in place, signed by somebody whose own is in the file that is returned.
fn issue(world: &mut World, name: &str) -> PathBuf {
    let folder = world.folder.path();
    let authority = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, "Root");
    let roots = folder.join("roots.pem");
    fs::write(&roots, root.self_signed(&authority).unwrap().pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new([name.to_owned()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(root, authority)).unwrap();
    let files = CertificateFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    fs::write(&files.certificate, own.pem()).unwrap();
    fs::write(&files.key, key.serialize_pem()).unwrap();
    world.stop_server();
    world.tls = TlsSource::Files(files);
    world.start_server();
    roots
}

#[test]
fn a_certificate_is_remembered_and_another_one_refused() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let ann = Person::of(&world, "Ann");
    let first = world.fingerprint().unwrap().to_string();
    let met = ann.run(&["guest", "Ann"]);
    assert!(met.stderr.contains(&first), "{met:?}");
    met.ok();
    assert!(remembered(&ann).contains(&first), "{}", remembered(&ann));
    let again = ann.run(&["post", "lobby", "hello"]);
    assert_eq!(again.stderr, "", "{again:?}");
    again.ok();
    let heard = ann.run(&["chat", "--json"]).json();
    assert_eq!(heard[0]["event"]["text"], "hello");

    let second = change_certificate(&mut world).to_string();
    for arguments in [&["rooms"][..], &["rooms", "--timeout", "0"]] {
        let why = ann.run(arguments).failed(5);
        for part in [&first, &second, "another one than before", "--fingerprint"] {
            assert!(why.contains(part), "{part:?} is not in {why}");
        }
    }
    let both = [&first, &second].map(String::as_str);
    let why = ann.run(&["rooms", "--fingerprint", both[0]]).failed(5);
    assert!(why.contains("as was stated"), "{why}");
    ann.run(&["rooms", "--fingerprint", both[1]]).ok();
    ann.run(&["rooms"]).ok();
    let odd = ann.run(&["rooms", "--fingerprint", "AB:CD"]);
    assert_eq!(odd.code, Some(2), "{odd:?}");
}

#[test]
fn who_has_met_a_server_with_tls_sends_it_nothing_without() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let ann = Person::of(&world, "Ann");
    ann.run(&["guest", "Ann"]).ok();
    world.stop_server();
    world.tls = TlsSource::Off;
    world.start_server();
    for scheme in ["", "chinwag://"] {
        let why = at(&ann, format!("{scheme}{}", world.tcp()))
            .run(&["rooms"])
            .failed(5);
        for part in ["spoke TLS before", "tls.json"] {
            assert!(why.contains(part), "{why}");
        }
    }
    let demanded = at(&ann, format!("chinwags://{}", world.tcp()));
    let why = demanded.run(&["rooms"]).failed(3);
    assert!(why.contains("does not speak TLS"), "{why}");
    // As it is told to.
    let file = remembered(&ann);
    assert!(file.contains("pinned"), "{file}");
    let folder = world.tcp().replace(':', "_");
    fs::remove_file(ann.folder.join("profile").join(folder).join("tls.json")).unwrap();
    ann.run(&["rooms"]).ok();
    let mut stated = ann.clone();
    stated.name = String::new();
    let why = stated
        .run(&["rooms", "--fingerprint", &"00".repeat(32)])
        .failed(5);
    assert!(why.contains("does not speak TLS"), "{why}");
}

#[test]
fn who_goes_without_tls_finds_it_once_it_is_there() {
    let mut world = World::start();
    let ann = Person::of(&world, "Ann");
    let plain = at(&ann, format!("chinwag://{}", world.tcp()));
    plain.run(&["guest", "Ann"]).ok();
    assert!(remembered(&ann).contains("plain"), "{}", remembered(&ann));
    world.stop_server();
    world.tls = TlsSource::SelfSigned;
    world.start_server();
    let why = plain.run(&["rooms"]).failed(3);
    assert!(why.contains("it wants TLS"), "{why}");
    ann.run(&["rooms"]).ok();
    let fingerprint = world.fingerprint().unwrap().to_string();
    assert!(remembered(&ann).contains(&fingerprint));
}

#[test]
fn a_certificate_that_everybody_can_verify_may_be_renewed() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let ann = at(&Person::of(&world, "Ann"), by_name(&world));
    ann.run(&["guest", "Ann"]).ok();
    // Whoever knew the one before it needs no telling.
    for _ in 0..2 {
        let verified = Person {
            roots: Some(issue(&mut world, "localhost")),
            ..ann.clone()
        };
        verified.run(&["rooms"]).ok();
        assert!(remembered(&ann).contains("public"), "{}", remembered(&ann));
    }
    // Nobody vouches for it here.
    let shown = world.fingerprint().unwrap().to_string();
    let why = ann.run(&["rooms"]).failed(5);
    for part in ["verified by everybody before", &shown] {
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let mut world = World::start();
    let roots = Some(issue(&mut world, "other.example"));
    let shown = world.fingerprint().unwrap().to_string();
    for roots in [roots, None] {
        let ann = at(&Person::of(&world, "Ann"), by_name(&world));
        let ann = Person { roots, ..ann };
        let why = ann.run(&["rooms"]).failed(5);
        for part in ["for other.example, not for localhost", &shown] {
            assert!(why.contains(part), "{part:?} is not in {why}");
        }
        assert_eq!(remembered(&ann), "", "nothing was trusted");
    }
    let ann = at(&Person::of(&world, "Ann"), by_name(&world));
    ann.run(&["rooms", "--fingerprint", &shown]).ok();
    ann.run(&["rooms"]).ok();
}

#[test]
fn files_go_up_and_come_down_over_tls() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let ann = Person::of(&world, "Ann");
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::create_dir_all(&ann.folder).unwrap();
    fs::write(ann.folder.join("a.bin"), &content).unwrap();
    let sent = ann.run(&["send", "a.bin", "--json"]).json();
    let url = sent[0]["url"].as_str().unwrap();
    assert!(
        url.starts_with(&format!("https://{}/files/", world.http())),
        "{url}"
    );
    let link = sent[0]["link"].as_str().unwrap();
    for (place, link) in [("by session", link), ("by https", url)] {
        let got = ann.run(&["get", link, "-o", place, "--json"]).json();
        assert_eq!(got[0]["path"], json!(place));
        assert!(fs::read(ann.folder.join(place)).unwrap() == content);
    }
    // Whoever has no account needs none.
    let bob = Person::of(&world, "Bob").nameless();
    bob.run(&["get", url, "-o", "a"]).ok();
    let second = change_certificate(&mut world).to_string();
    for person in [&ann, &bob] {
        let why = person.run(&["get", url, "-o", "b"]).failed(5);
        for part in ["another one than before", &second] {
            assert!(why.contains(part), "{part:?} is not in {why}");
        }
    }
    // The page's port need not have been met for that.
    let folder = world.http().replace(':', "_");
    fs::remove_dir_all(ann.folder.join("profile").join(folder)).unwrap();
    let why = ann.run(&["get", url, "-o", "b"]).failed(5);
    assert!(why.contains("another one than before"), "{why}");
    ann.run(&["get", url, "-o", "b", "--fingerprint", &second])
        .ok();
    // A link of before leads there.
    let plain = url.replace("https://", "http://");
    let why = bob.run(&["get", &plain, "-o", "c"]).failed(5);
    assert!(why.contains("another one than before"), "{why}");
    bob.run(&["get", &plain, "-o", "c", "--fingerprint", &second])
        .ok();
}

#[test]
fn a_plain_link_to_a_server_with_tls_is_never_followed_without() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let ann = Person::of(&world, "Ann");
    fs::create_dir_all(&ann.folder).unwrap();
    fs::write(ann.folder.join("a.txt"), "the plan").unwrap();
    let sent = ann.run(&["send", "a.txt", "--json"]).json();
    let url = sent[0]["url"].as_str().unwrap().to_owned();
    let plain = url.replace("https://", "http://");
    // By the native connection, the server's host is known; nothing else need have been met.
    let got = ann.run(&["get", &plain, "-o", "b.txt"]);
    assert!(got.stderr.contains("comes by https://"), "{got:?}");
    got.ok();
    assert_eq!(
        fs::read_to_string(ann.folder.join("b.txt")).unwrap(),
        "the plan"
    );
    world.stop_server();
    world.tls = TlsSource::Off;
    world.start_server();
    let why = ann.run(&["get", &plain, "-o", "c.txt"]).failed(5);
    for part in ["spoke TLS before", "tls.json"] {
        assert!(why.contains(part), "{part:?} is not in {why}");
    }
    assert!(!ann.folder.join("c.txt").exists());
    // Somebody else's address that leads there without TLS is not followed either.
    let (leading, stop) = leads_to(&plain);
    let elsewhere = plain.replace(world.http(), &leading);
    let why = ann.run(&["get", &elsewhere, "-o", "d.txt"]).failed(5);
    assert!(
        why.contains("nothing is fetched from it by http://"),
        "{why}"
    );
    stop.join().unwrap();
    // Whoever has never met it is not kept from it.
    let bob = Person::of(&world, "Bob").nameless();
    bob.run(&["get", &plain, "-o", "c.txt"]).ok();
}

/// A server that leads whoever asks to `target`, and ends with the first of them.
fn leads_to(target: &str) -> (String, std::thread::JoinHandle<()>) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let target = target.to_owned();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while !lines.next().unwrap().unwrap().is_empty() {}
        let answer =
            format!("HTTP/1.1 308 Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    (address, serving)
}
