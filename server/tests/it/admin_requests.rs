//! What admins see and change, and what they may not.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::http::Uploader;
use crate::peer::start;

fn names(listed: &Value) -> Vec<String> {
    let people = listed["people"].as_array().unwrap().iter();
    people
        .map(|record| record["person"]["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn everyone_is_listed_by_name_page_by_page() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "admin").await;
    for number in 0..205 {
        let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
        db.execute(
            "INSERT INTO people (id, name, name_key, created_ms) VALUES (randomblob(16), ?1, lower(?1), 1)",
            [format!("Person {number:03}")],
        )
        .unwrap();
    }
    let uploader = Uploader::new(&ann.welcome);
    uploader.upload(&server, "a.txt", None, b"hello").await;
    let first = ann.ask(json!({"type": "list_people"})).await;
    assert_eq!(first["type"], "people_listed");
    assert_eq!((names(&first).len(), &first["more"]), (200, &json!(true)));
    let me = &first["people"][0];
    assert_eq!(me["person"]["name"], "Ann");
    assert_eq!((&me["role"], &me["sessions"]), (&json!("admin"), &json!(1)));
    assert_eq!(me["file_bytes"], 5);
    let last = names(&first).pop();
    let rest = ann.ask(json!({"type": "list_people", "after": last})).await;
    assert_eq!((names(&rest).len(), &rest["more"]), (6, &json!(false)));
    let found = ann
        .ask(json!({"type": "list_people", "query": "ON 20"}))
        .await;
    assert_eq!(names(&found).len(), 5, "{found}");
    let none = ann
        .ask(json!({"type": "list_people", "query": "x".repeat(99)}))
        .await;
    assert_eq!(names(&none).len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn admins_change_members_and_only_owners_change_admins() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Somebody::new(&folder, &server, "Olga", "owner").await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut other = Somebody::new(&folder, &server, "Alma", "admin").await;
    let mut guest = Somebody::new(&folder, &server, "Gus", "guest").await;
    let bot = Somebody::new(&folder, &server, "Bob", "bot").await;
    let set = |id: &Value, role: &str| json!({"type": "set_role", "person_id": id, "role": role});
    let nobody = json!("01935a00-0000-7000-8000-0000000000ff");

    admin.done(set(&guest.id(), "member")).await;
    assert_eq!(guest.code(set(&guest.id(), "admin")).await, "not_allowed");
    for (person, role) in [
        (owner.id(), "member"),
        (other.id(), "member"),
        (guest.id(), "owner"),
        (admin.id(), "owner"),
    ] {
        assert_eq!(admin.code(set(&person, role)).await, "not_allowed");
    }
    for request in ["sign_out_person", "remove_person", "reset_password"] {
        let request = json!({"type": request, "person_id": other.id()});
        assert_eq!(admin.code(request).await, "not_allowed");
    }
    for (person, role, code) in [
        (bot.id(), "member", "invalid_argument"),
        (guest.id(), "bot", "invalid_argument"),
        (guest.id(), "emperor", "invalid_argument"),
        (owner.id(), "member", "invalid_argument"),
        (nobody, "member", "person_not_found"),
    ] {
        assert_eq!(owner.code(set(&person, role)).await, code, "{role}");
    }
    // Whoever has lost a role can do nothing by it, on a connection of before as well.
    owner.done(set(&other.id(), "member")).await;
    assert_eq!(other.code(set(&guest.id(), "guest")).await, "not_allowed");
    owner.done(set(&admin.id(), "owner")).await;
    admin.done(set(&owner.id(), "guest")).await;
    admin.done(set(&owner.id(), "guest")).await;
    let entry = |by: &str, what: &str| (by.to_owned(), "set_role".to_owned(), what.to_owned());
    let expected = [
        entry("Adam", "Olga: owner → guest"),
        entry("Olga", "Adam: admin → owner"),
        entry("Olga", "Alma: admin → member"),
        entry("Adam", "Gus: guest → member"),
    ];
    assert_eq!(admin.audit().await, expected);
    server.stop().await;
}

#[tokio::test]
async fn whoever_is_concerned_hears_of_it_at_once() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let uploader = Uploader::new(&mia.welcome);
    uploader.begin(&server, "a", 1).await;
    let request = json!({"type": "set_role", "person_id": mia.id(), "role": "admin"});
    admin.done(request).await;
    let changed = mia.peer.expect("account_changed").await;
    assert_eq!(changed["role"], "admin");
    let listed = mia.ask(json!({"type": "list_people"})).await;
    assert_eq!(listed["type"], "people_listed");
    let request = json!({"type": "set_role", "person_id": mia.id(), "role": "member"});
    assert_eq!(admin.code(request.clone()).await, "not_allowed");
    crate::operator::run(&folder, &["admin", "role", "Mia", "member"])
        .await
        .assert_clean();
    assert_eq!(mia.peer.expect("account_changed").await["role"], "member");
    let request = json!({"type": "sign_out_person", "person_id": mia.id()});
    admin.done(request).await;
    let refused = uploader
        .request(&server, "POST", "/api/uploads", b"{}")
        .await;
    assert_eq!(refused.code(), "invalid_token");
    let expected = ("Adam", "sign_out_person", "Mia");
    let (by, action, subject) = &admin.audit().await[0];
    assert_eq!((&**by, &**action, &**subject), expected);
    server.stop().await;
}

#[tokio::test]
async fn settings_are_kept_and_hold() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let before = admin.ask(json!({"type": "describe_settings"})).await;
    assert_eq!(before["settings"]["members_per_room_max"], 10_000);
    let request = json!({"type": "change_settings", "rooms_per_person_max": 3, "members_per_room_max": 10_000,
        "file_bytes_per_person_max": 100});
    let changed = admin.ask(request).await;
    assert_eq!(changed["type"], "settings_described", "{changed}");
    let same = json!({"type": "change_settings", "rooms_per_person_max": 3});
    assert_eq!(admin.ask(same).await, changed);
    let odd = json!({"type": "change_settings", "registration": "sometimes"});
    assert_eq!(admin.code(odd).await, "invalid_argument");
    let what = "rooms_per_person_max: 3, file_bytes_per_person_max: 100";
    let entry = (
        "Adam".to_owned(),
        "change_settings".to_owned(),
        what.to_owned(),
    );
    assert_eq!(admin.audit().await, [entry]);

    let uploader = Uploader::new(&admin.welcome);
    uploader.upload(&server, "a.txt", None, &[b'a'; 60]).await;
    let begin = json!({"type": "begin_upload", "name": "b", "size_bytes": 41});
    assert_eq!(admin.code(begin).await, "quota_exceeded");
    let id = uploader.begin(&server, "b", 40).await;
    let body = json!({"name": "c", "size_bytes": 1});
    let refused = uploader.post(&server, "/api/uploads", &body).await;
    assert_eq!((refused.status, &*refused.code()), (403, "quota_exceeded"));
    // What is begun counts until it is cancelled, and is found again.
    let again = json!({"upload_id": id, "name": "b", "size_bytes": 40});
    assert_eq!(
        uploader.post(&server, "/api/uploads", &again).await.status,
        200
    );
    let path = format!("/api/uploads/{id}");
    uploader.request(&server, "DELETE", &path, b"").await;
    uploader.begin(&server, "c", 1).await;
    server.stop().await;

    let server = start(&folder).await;
    admin.peer = crate::peer::Peer::tcp(&server).await;
    admin.peer.resume(&admin.welcome, 0).await;
    let kept = admin.ask(json!({"type": "describe_settings"})).await;
    assert_eq!(kept, changed);
    server.stop().await;
}

#[tokio::test]
async fn rooms_and_storage_are_seen_as_a_whole() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let created = json!({"type": "create_room", "name": "Den", "topic": "Foxes"});
    assert_eq!(mia.ask(created).await["type"], "room_joined");
    let uploader = Uploader::new(&mia.welcome);
    for name in ["a.txt", "b.txt"] {
        uploader.upload(&server, name, None, b"hello").await;
    }
    let listed = admin.ask(json!({"type": "list_all_rooms"})).await;
    let den = &listed["rooms"][0];
    assert_eq!(den["room"]["name"], "Den", "{listed}");
    assert_eq!(
        (&den["room"]["topic"], &den["room"]["members"]),
        (&json!("Foxes"), &json!(1))
    );
    assert_eq!(den["room"]["joined"], false);
    assert!(den["last_event_at_ms"].is_u64(), "{den}");
    let lobby = &listed["rooms"][1];
    assert_eq!(
        (&lobby["room"]["kind"], &lobby["room"]["joined"]),
        (&json!("lobby"), &json!(true))
    );
    let described = admin.ask(json!({"type": "describe_storage"})).await;
    let storage = &described["storage"];
    let counts = [
        "people",
        "rooms",
        "events",
        "files",
        "file_bytes",
        "content_bytes",
    ];
    let counts = counts.map(|name| storage[name].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 2, 2, 10, 5], "{storage}");
    assert!(storage["database_bytes"].as_u64() > Some(4096));
    assert!(storage["free_bytes"].as_u64() > Some(0));
    server.stop().await;
}

#[tokio::test]
async fn others_are_told_that_they_may_not() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    for request in [
        "list_people",
        "list_all_rooms",
        "describe_settings",
        "change_settings",
        "describe_storage",
        "read_audit_log",
        "list_reports",
    ] {
        assert_eq!(mia.code(json!({"type": request})).await, "not_allowed");
    }
    server.stop().await;
}
