//! What people say of themselves, and how they are found.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::peer::{Peer, start};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

async fn describe(peer: &mut Peer, person: &Value) -> Value {
    peer.send(json!({"type": "describe_person", "person_id": person}))
        .await;
    peer.expect("profile_described").await["profile"].clone()
}

async fn change(peer: &mut Peer, mut fields: Value) -> Value {
    fields["type"] = json!("change_profile");
    peer.send(fields).await;
    loop {
        let frame = peer.read().await.unwrap();
        match frame["type"].as_str().unwrap() {
            "profile_described" => return frame["profile"].clone(),
            "error" => return frame,
            _other => {}
        }
    }
}

async fn found(peer: &mut Peer, query: &str) -> Vec<String> {
    peer.send(json!({"type": "find_people", "query": query}))
        .await;
    let found = peer.expect("people_found").await;
    let name = |profile: &Value| profile["person"]["name"].as_str().unwrap().to_owned();
    found["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(name)
        .collect()
}

/// A finished file of one chunk.
async fn upload(peer: &mut Peer, name: &str, content: &[u8]) -> Value {
    peer.send(json!({"type": "begin_upload", "name": name, "size_bytes": content.len()}))
        .await;
    let status = peer.expect("upload_status").await;
    let upload_id = &status["upload_id"];
    let size = status["layout"]["chunk_bytes"].as_u64().unwrap() as usize;
    for (index, chunk) in content.chunks(size).enumerate() {
        let put = json!({"type": "put_chunk", "upload_id": upload_id, "index": index,
                         "payload_bytes": chunk.len()});
        peer.send_payload(put, chunk).await;
        peer.expect("chunk_stored").await;
    }
    peer.send(json!({"type": "finish_upload", "upload_id": upload_id}))
        .await;
    peer.expect("upload_finished").await["file"].clone()
}

async fn two(server: &Server) -> (Peer, Value, Peer, Value) {
    let (mut ann, mut bob) = (Peer::tcp(server).await, Peer::websocket(server).await);
    let (anns, bobs) = (ann.claim("Ann").await, bob.claim("Bob").await);
    (ann, anns, bob, bobs)
}

#[tokio::test]
async fn a_profile_is_seen_by_others_but_for_what_is_ones_own() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, anns, mut bob, bobs) = two(&server).await;
    let own = change(
        &mut ann,
        json!({"status_text": "  in a meeting ", "hides_last_seen": true}),
    )
    .await;
    assert_eq!(own["status_text"], "in a meeting");
    assert_eq!(own["hides_last_seen"], true);
    assert_eq!(own["role"], anns["role"]);
    let hers = describe(&mut bob, &anns["person"]["id"]).await;
    assert_eq!(hers["status_text"], "in a meeting");
    assert_eq!(hers["presence"], "online");
    for field in [
        "hides_last_seen",
        "has_totp",
        "has_password",
        "last_seen_ms",
    ] {
        assert!(hers.get(field).is_none(), "{field}: {hers}");
    }
    bob.send(json!({"type": "describe_person", "request_id": 4, "person_id": anns["epoch"]}))
        .await;
    let refused = bob.expect("error").await;
    assert_eq!(
        (&refused["code"], &refused["request_id"]),
        (&json!("person_not_found"), &json!(4))
    );

    // Whoever is gone was last seen then, unless they hide it.
    drop(ann);
    let mut profile = json!(null);
    for _ in 0..1000 {
        profile = describe(&mut bob, &anns["person"]["id"]).await;
        if profile["presence"] == "offline" {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(profile["presence"], "offline");
    assert!(profile.get("last_seen_ms").is_none(), "hidden");
    drop(bob);
    server.stop().await;
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.resume(&anns, 0).await;
    let his = describe(&mut ann, &bobs["person"]["id"]).await;
    let seen = his["last_seen_ms"].as_u64().unwrap();
    let now = welcome["now_ms"].as_u64().unwrap();
    assert!((now - 60_000..=now).contains(&seen), "{seen} {now}");
    server.stop().await;
}

#[tokio::test]
async fn another_name_reaches_everyone_and_old_events_keep_the_old_one() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, anns, mut bob, _) = two(&server).await;
    let mut tablet = Peer::websocket(&server).await;
    tablet.resume(&anns, 0).await;
    ann.say("as Ann").await;
    assert_eq!(bob.expect("room_event").await["person"]["name"], "Ann");
    for (name, code) in [
        ("Bob", "name_taken"),
        ("B0b", "name_taken"),
        ("", "invalid_name"),
        ("a\u{202E}b", "invalid_name"),
        (
            "Z\u{336}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}",
            "invalid_name",
        ),
    ] {
        // Nothing of a change that is refused is done.
        let refused = change(&mut ann, json!({"name": name, "status_text": "new"})).await;
        assert_eq!(refused["code"], code, "{name}");
    }
    assert_eq!(change(&mut ann, json!({})).await["status_text"], "");
    let changed = change(&mut ann, json!({"name": " Zoë  Lee "})).await;
    assert_eq!(changed["person"]["name"], "Zoë Lee");
    assert_eq!(changed["person"]["id"], anns["person"]["id"]);
    let told = tablet.expect("account_changed").await;
    assert_eq!(told["person"], changed["person"]);
    assert_eq!(told["role"], anns["role"]);
    let came = loop {
        let frame = bob.expect("presence_changed").await;
        let mut came = frame["came"].as_array().into_iter().flatten();
        if let Some(came) = came.find(|one| one["name"] == "Zoë Lee") {
            break came.clone();
        }
    };
    assert_eq!(came["id"], anns["person"]["id"]);
    ann.say("as Zoë").await;
    assert_eq!(bob.expect("room_event").await["person"]["name"], "Zoë Lee");
    tablet.say("here too").await;
    assert_eq!(bob.expect("room_event").await["person"]["name"], "Zoë Lee");
    let (mut late, mut later) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let refuse = json!({"type": "claim_name", "name": "ZOË LEE"});
    late.send(json!({"type": "hello", "protocol": 1, "credentials": refuse}))
        .await;
    assert_eq!(late.expect("error").await["code"], "name_taken");
    // What looks like the old name is free again, and she may write her name in another way.
    later.claim("Аnn").await;
    let first = later.expect("room_event").await;
    assert_eq!(first["person"]["name"], "Ann", "as it was then");
    assert_eq!(
        change(&mut ann, json!({"name": "zoë lee"})).await["person"]["name"],
        "zoë lee"
    );
    assert_eq!(
        change(&mut ann, json!({"name": "Ann"})).await["code"],
        "name_taken"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_picture_is_an_image_of_ones_own() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, anns, mut bob, _) = two(&server).await;
    let face = upload(&mut ann, "me.png", PNG).await;
    let text = upload(&mut ann, "me.txt", b"me").await;
    let mut large = PNG.to_vec();
    large.resize((2 << 20) + 1, 0);
    let large = upload(&mut ann, "large.png", &large).await;
    for (file, code) in [(&text, "invalid_argument"), (&large, "invalid_argument")] {
        let refused = change(&mut ann, json!({"avatar": file["file_id"]})).await;
        assert_eq!(refused["code"], code, "{file}");
    }
    let stolen = change(&mut bob, json!({"avatar": face["file_id"]})).await;
    assert_eq!(stolen["code"], "file_not_found");
    let both = json!({"avatar": face["file_id"], "remove_avatar": true});
    assert_eq!(change(&mut ann, both).await["code"], "invalid_argument");
    let changed = change(&mut ann, json!({"avatar": face["file_id"]})).await;
    assert_eq!(changed["avatar"], face["link"]);
    let hers = describe(&mut bob, &anns["person"]["id"]).await;
    assert_eq!(hers["avatar"], face["link"]);
    let removed = change(&mut ann, json!({"remove_avatar": true})).await;
    assert!(removed.get("avatar").is_none());
    for status in [
        "two\nlines".to_owned(),
        "turned \u{202E}".to_owned(),
        "x".repeat(101),
    ] {
        let refused = change(&mut ann, json!({"status_text": status})).await;
        assert_eq!(refused["code"], "invalid_argument");
    }
    server.stop().await;
}

#[tokio::test]
async fn people_are_found_by_how_their_names_begin_and_then_by_what_they_hold() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    ann.claim("Ann").await;
    let names = [
        "Joanna", "Anton", "Hannes", "Tom", "100% Tom", "Ånna", "Z_Z",
    ];
    for name in names {
        Peer::tcp(&server).await.claim(name).await;
    }
    assert_eq!(
        found(&mut ann, "AN").await,
        ["Ann", "Anton", "Hannes", "Joanna"]
    );
    assert_eq!(found(&mut ann, " å").await, ["Ånna"]);
    assert_eq!(found(&mut ann, "0%  t").await, ["100% Tom"], "no pattern");
    assert_eq!(found(&mut ann, "_").await, ["Z_Z"], "no pattern");
    assert_eq!(found(&mut ann, "nobody").await, [""; 0]);
    assert_eq!(found(&mut ann, &"a".repeat(1000)).await, [""; 0]);
    assert_eq!(found(&mut ann, "").await.len(), names.len() + 1);
    for number in 0..60 {
        Peer::tcp(&server)
            .await
            .claim(&format!("Robot {number}"))
            .await;
    }
    assert_eq!(found(&mut ann, "robot").await.len(), 50);
    server.stop().await;
}
