//! A room's log, written down for programs and for people.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::Uploader;
use crate::operator::run;
use crate::peer::{Peer, start};

#[tokio::test]
async fn the_lines_are_the_events_that_members_got() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    peer.claim("Ann").await;
    peer.send(json!({"type": "create_room", "name": "den", "topic": "quiet"}))
        .await;
    let mut pushed = Vec::new();
    for text in 0..600 {
        let text = format!("{text} \u{2028} \"&<ä>\"");
        peer.send(json!({"type": "send_message", "room": "den", "text": text}))
            .await;
    }
    while pushed.len() < 602 {
        pushed.push(peer.expect("room_event").await);
    }
    // While the server runs, by any name.
    for name in ["den", "#den", pushed[0]["room_id"].as_str().unwrap()] {
        let exported = run(&folder, &["export", name, "--format", "json"]).await;
        exported.assert_clean();
        let lines = exported.out.lines().map(serde_json::from_str);
        let lines: Vec<Value> = lines.collect::<Result<_, _>>().unwrap();
        assert_eq!(lines, pushed);
    }
    server.stop().await;
    let exported = run(&folder, &["export", "den", "--format", "json", "-o", "log"]).await;
    exported.assert_clean();
    assert!(exported.out.is_empty(), "{exported:?}");
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert_eq!(log.lines().count(), 602);
    run(&folder, &["export", "attic", "--format", "json"])
        .await
        .assert_refused(&["no room attic", "den, lobby"]);
}

#[tokio::test]
async fn the_page_shows_all_and_runs_nothing() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    let hostile = "<script>alert(1)</script>\" onload='x' &amp;";
    let uploader = Uploader::new(&peer.claim("Ann <b>").await);
    let name = "<img src=x onerror=alert(1)>.txt";
    let file = uploader.upload(&server, name, None, b"hello").await;
    peer.send(json!({"type": "create_room", "name": "<i>", "topic": hostile}))
        .await;
    let attachments = json!([file["file_id"]]);
    peer.send(json!({
        "type": "send_message", "room": "<i>", "text": hostile, "attachments": attachments
    }))
    .await;
    peer.expect("message_accepted").await;
    server.stop().await;
    let export = ["export", "<i>", "--format", "html"];
    let page = run(&folder, &export).await;
    page.assert_clean();
    let page = page.out;
    for markup in ["<script", "<img", "<b>", "<i>", "href=\"http", "src="] {
        let found = page.matches(markup).count();
        // `src=` stands in the file's name, as text.
        assert_eq!(found, usize::from(markup == "src="), "{markup}: {page}");
    }
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;x&#39; &amp;amp;";
    assert_eq!(page.matches(escaped).count(), 2, "topic and text: {page}");
    for says in [
        "Ann &lt;b&gt;",
        "created the room",
        "joined",
        "default-src 'none'",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(page.contains(file["content_hash"].as_str().unwrap()));
    let url = ["--public-url", "https://chat.example/team"];
    let page = run(&folder, &[&export[..], &url].concat()).await.out;
    let link = format!(
        "href=\"https://chat.example/team{}\"",
        file["link"].as_str().unwrap()
    );
    assert!(page.contains(&link), "{page}");
}
