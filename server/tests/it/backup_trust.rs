//! What a backup keeps besides words and files: who people are, what they may, what is hidden, and the server's own
//! certificate. Taken while people talk, and restored elsewhere.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use server::config::TlsSource;
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;

use crate::account::{self, PASSWORD, Signed, by_token, refused, sign_in, sign_up};
use crate::http::{Uploader, get};
use crate::operator::{flip_a_bit, run};
use crate::peer::{self, Peer};
use crate::resync::{Person, is_idle, is_online};

const RESTORED: [&str; 4] = ["--data-dir", "data-2", "--uploads-dir", "uploads-2"];

fn config(folder: &TempDir) -> Config {
    Config {
        registration: Some(Registration::Invitation),
        ..peer::config(folder)
    }
}

/// The same on what was restored into `data-2` and `uploads-2`.
fn restored(folder: &TempDir, config: Config) -> Config {
    Config {
        data_dir: folder.path().join("data-2"),
        uploads_dir: folder.path().join("uploads-2"),
        ..config
    }
}

async fn restore(folder: &TempDir) {
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    run(folder, &restore).await.assert_clean();
    assert_sound(folder).await;
}

async fn assert_sound(folder: &TempDir) {
    for check in [&["fsck"][..], &["admin", "audit", "--verify"]] {
        let check = [check, &RESTORED[..]].concat();
        run(folder, &check).await.assert_clean();
    }
}

/// Talks until it is told that it is enough; how much it has said.
async fn talk(mut peer: Peer, done: Arc<AtomicBool>) -> usize {
    let mut said = 0;
    while !done.load(Ordering::SeqCst) {
        peer.say(&format!("word {said}")).await;
        peer.expect("message_accepted").await;
        said += 1;
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_people_are_and_what_is_hidden_outlives_the_server() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(config(&folder)).await.unwrap();
    let mut olga = Signed::owner(&server).await;
    let invitation = olga.invite(json!({"uses_max": 4})).await;
    let mut ann = Signed::up(&server, "Ann", Some(&invitation)).await;
    let mut bob = Signed::up(&server, "Bob", Some(&invitation)).await;
    let cy = Signed::up(&server, "Cy", Some(&invitation)).await;
    olga.done(json!({"type": "set_role", "person_id": ann.id(), "role": "admin"}))
        .await;
    let begun = ann
        .ask(json!({"type": "begin_totp", "password": PASSWORD}))
        .await;
    let secret = begun["secret"].clone();
    let used = account::code(&secret, -1);
    ann.done(json!({"type": "confirm_totp", "code": used}))
        .await;
    let den = json!({"type": "create_room", "name": "den", "kind": "private", "history": "since_joining"});
    let den = olga.ask(den).await["room_id"].clone();
    let say = |room: &Value, text: &str, files: &[&Value]| json!({"type": "send_message", "room": room, "text": text, "attachments": files});
    olga.ask(say(&den, "before Ann", &[])).await;
    olga.done(json!({"type": "add_member", "room": den, "person_id": ann.id()}))
        .await;
    olga.done(
        json!({"type": "set_room_role", "room": den, "person_id": ann.id(), "role": "moderator"}),
    )
    .await;
    let direct = json!({"type": "open_direct", "people": [ann.id()]});
    let direct = olga.ask(direct).await["room_id"].clone();
    olga.ask(say(&direct, "between us", &[])).await;
    let uploader = Uploader::new(&olga.welcome);
    let plan = uploader
        .upload(&server, "plan.txt", None, b"the plan")
        .await;
    olga.ask(say(&den, "for us", &[&plan["file_id"]])).await;
    let members = json!({"type": "change_link", "file_id": plan["file_id"], "access": "members"});
    olga.ask(members).await;
    let ended = Signed::with(Peer::tcp(&server).await, &sign_in("Bob", PASSWORD)).await;
    bob.done(json!({"type": "end_sessions", "session_ids": [ended.session()]}))
        .await;
    let audit = olga.ask(json!({"type": "read_audit_log"})).await["entries"].clone();
    assert!(audit.as_array().unwrap().len() > 1, "{audit}");

    let done = Arc::new(AtomicBool::new(false));
    let talking = tokio::spawn(talk(
        cy.again(Peer::tcp(&server).await).await.peer,
        done.clone(),
    ));
    run(&folder, &["backup", "backup"]).await.assert_clean();
    // Neither of it is in the backup.
    let late = Signed::with(Peer::tcp(&server).await, &sign_in("Bob", PASSWORD)).await;
    let gone = json!({"type": "remove_member", "room": den, "person_id": ann.id()});
    olga.done(gone).await;
    done.store(true, Ordering::SeqCst);
    assert!(talking.await.unwrap() > 0, "nobody talked meanwhile");
    server.stop().await;
    restore(&folder).await;

    let server = Server::start(restored(&folder, config(&folder))).await;
    let server = server.unwrap();
    let mut owner = olga.again(Peer::websocket(&server).await).await;
    assert_eq!(owner.welcome["role"], "owner");
    assert_ne!(owner.welcome["epoch"], olga.welcome["epoch"]);
    let admin = ann.again(Peer::tcp(&server).await).await;
    assert_eq!(admin.welcome["role"], "admin");
    for session in [&ended, &late] {
        let refusal = refused(Peer::tcp(&server).await, &by_token(&session.welcome)).await;
        assert_eq!(refusal, "invalid_token");
    }
    // The password alone will not do, and no code works twice.
    let mut with_code = sign_in("Ann", PASSWORD);
    assert_eq!(
        refused(Peer::tcp(&server).await, &with_code).await,
        "second_factor_needed"
    );
    with_code["code"] = json!(used);
    assert_eq!(
        refused(Peer::tcp(&server).await, &with_code).await,
        "second_factor_needed"
    );
    with_code["code"] = json!(account::code(&secret, 1));
    let mut ann = Signed::with(Peer::tcp(&server).await, &with_code).await;
    // As hidden as they were, from whoever is in it only since then as well.
    let history = |room: &Value| json!({"type": "read_history", "room": room, "limit": 100});
    let bobs = bob.welcome.clone();
    let mut bob = bob.again(Peer::tcp(&server).await).await;
    let listed = bob.ask(json!({"type": "list_rooms"})).await.to_string();
    for room in [&den, &direct] {
        assert_eq!(bob.code(history(room)).await, "room_not_found");
        assert!(!listed.contains(room.as_str().unwrap()), "{listed}");
        let shown = ann.ask(history(room)).await["events"].to_string();
        assert!(shown.contains("us"), "{shown}");
        assert!(!shown.contains("before Ann"), "{shown}");
    }
    let rooms = ann.welcome["rooms"].as_array().unwrap();
    let of_den = rooms.iter().find(|it| it["room"]["room_id"] == den);
    assert_eq!(of_den.unwrap()["room"]["role"], "moderator");
    let link = plan["link"].as_str().unwrap();
    for (welcome, status) in [(&ann.welcome, 200), (&bobs, 404)] {
        let token = welcome["session_token"].as_str().unwrap();
        let headers = format!("authorization: Bearer {token}");
        assert_eq!(get(&server, link, &headers).await.status, status);
    }
    // Used up where it was, and good as often as was left.
    Signed::up(&server, "Dan", Some(&invitation)).await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_up("Eve", Some(&invitation))).await,
        "invitation_invalid"
    );
    let entries = owner.ask(json!({"type": "read_audit_log"})).await["entries"].clone();
    let entries = entries.as_array().unwrap();
    let before = audit.as_array().unwrap();
    assert_eq!(entries[entries.len() - before.len()..], before[..]);
    server.stop().await;
    assert_sound(&folder).await;
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_the_certificate_goes_on_with_a_restored_server() {
    let folder = TempDir::new().unwrap();
    let secure = Config {
        tls: TlsSource::SelfSigned,
        ..peer::config(&folder)
    };
    let server = Server::start(secure.clone()).await.unwrap();
    let (http, tcp) = (server.http_address(), server.tcp_address());
    let fingerprint = server.fingerprint();
    let mut ann = Person::new(tcp, "Ann").await;
    ann.say("before", Vec::new());
    ann.wait("all sent", is_idle).await;
    // As an authority would have given them.
    let authority = folder.path().join("data/tls/acme.example_dir");
    fs::create_dir(&authority).unwrap();
    fs::write(authority.join("account.json"), "an account").unwrap();
    fs::write(authority.join("certificate.new"), "half").unwrap();
    run(&folder, &["backup", "backup"]).await.assert_clean();
    // Another backup replaces the earlier one's as well.
    run(&folder, &["backup", "backup"]).await.assert_clean();
    let kept = fs::read_dir(folder.path().join("backup")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.is_dir()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}, as nobody has sent a file");
    ann.say("the backup has nothing of this", Vec::new());
    ann.wait("all sent", is_idle).await;
    server.stop().await;
    ann.wait("offline", |view| !is_online(view)).await;

    restore(&folder).await;
    for tls in [&kept[0], &folder.path().join("data-2/tls")] {
        let account = tls.join("acme.example_dir/account.json");
        assert_eq!(fs::read_to_string(&account).unwrap(), "an account");
        for file in [&account, &tls.join("self-signed.pem")] {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        assert_eq!(mode(tls), 0o700);
        assert!(!tls.join("acme.example_dir/certificate.new").exists());
    }
    let again = Config {
        http,
        tcp,
        ..restored(&folder, secure)
    };
    let server = Server::start(again).await.unwrap();
    assert_eq!(server.fingerprint(), fingerprint);
    ann.wait("back", is_idle).await;
    ann.say("and on", Vec::new());
    ann.wait("all sent", is_idle).await;
    assert_eq!(crate::resync::texts(&ann.events()), ["before", "and on"]);
    server.stop().await;
}

#[tokio::test]
async fn a_certificate_that_is_damaged_in_the_backup_is_not_restored() {
    let folder = TempDir::new().unwrap();
    let secure = Config {
        tls: TlsSource::SelfSigned,
        ..peer::config(&folder)
    };
    Server::start(secure).await.unwrap().stop().await;
    run(&folder, &["backup", "backup"]).await.assert_clean();
    let kept = fs::read_dir(folder.path().join("backup")).unwrap();
    let kept = kept.map(|entry| entry.unwrap().path().join("self-signed.pem"));
    let kept = kept.into_iter().find(|path| path.exists()).unwrap();
    let whole = fs::read(&kept).unwrap();
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    flip_a_bit(&kept);
    run(&folder, &restore).await.assert_refused(&[
        "the backup is damaged",
        "self-signed.pem",
        "another hash",
    ]);
    fs::remove_file(&kept).unwrap();
    run(&folder, &restore)
        .await
        .assert_refused(&["self-signed.pem", "is missing"]);
    // Nothing of it is left behind.
    fs::write(&kept, whole).unwrap();
    run(&folder, &restore).await.assert_clean();
}
