//! Messages that people ask the admins to look at.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::run;
use crate::peer::start;

fn report(room: &str, sequence: u64, reason: &str) -> Value {
    json!({"type": "report_message", "room": room, "sequence": sequence, "reason": reason})
}

async fn say(somebody: &mut Somebody, room: &str, text: &str) -> u64 {
    let request = json!({"type": "send_message", "room": room, "text": text});
    somebody.ask(request).await["sequence"].as_u64().unwrap()
}

async fn open(admin: &mut Somebody) -> Vec<Value> {
    let listed = admin.ask(json!({"type": "list_reports"})).await;
    listed["reports"].as_array().unwrap().clone()
}

fn close(report: &Value, remove_message: bool) -> Value {
    json!({"type": "close_report", "report_id": report["report_id"], "remove_message": remove_message})
}

#[tokio::test]
async fn admins_see_what_was_reported_and_remove_it() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let mut troll = Somebody::new(&folder, &server, "Tom", "member").await;
    mia.ask(json!({"type": "create_room", "name": "den"})).await;
    troll.ask(json!({"type": "join_room", "room": "den"})).await;
    let rude = say(&mut troll, "den", "rude").await;
    let fine = say(&mut troll, "den", "fine").await;
    mia.done(report("den", rude, "not nice")).await;
    mia.done(report("den", rude, "again")).await;
    troll.done(report("den", rude, "sorry")).await;
    mia.done(report("den", fine, "")).await;
    for (request, code) in [
        (report("den", 1, ""), "not_found"),
        (report("den", 99, ""), "not_found"),
        (report("attic", 1, ""), "room_not_found"),
        (report("den", fine, &"x".repeat(501)), "invalid_argument"),
    ] {
        assert_eq!(mia.code(request).await, code);
    }
    // Admins who are not in the room see the message that it is about.
    let reports = open(&mut admin).await;
    assert_eq!(reports.len(), 3, "{reports:?}");
    let first = &reports[0];
    assert_eq!(
        (&first["text"], &first["reason"]),
        (&json!("rude"), &json!("not nice"))
    );
    assert_eq!(
        (
            &first["by"]["name"],
            &first["author"]["name"],
            &first["room_name"]
        ),
        (&json!("Mia"), &json!("Tom"), &json!("den"))
    );
    admin.done(close(first, true)).await;
    assert_eq!(admin.code(close(&reports[1], false)).await, "not_found");
    let event = loop {
        let event = mia.peer.expect("room_event").await;
        if event["event"]["type"] == "messages_removed" {
            break event;
        }
    };
    let removed = json!({"type": "messages_removed", "from": rude, "to": rude});
    assert_eq!(
        (&event["event"], &event["person"]["name"]),
        (&removed, &json!("Adam"))
    );
    let page = mia
        .ask(json!({"type": "read_history", "room": "den", "limit": 10}))
        .await;
    let bodies: Vec<&Value> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["event"])
        .collect();
    assert!(bodies.contains(&&json!({"type": "removed"})), "{bodies:?}");
    assert!(!page.to_string().contains("rude"), "{page}");
    let (_, action, subject) = &admin.audit().await[0];
    let expected = format!("#den, message {rude} of Tom, removed");
    assert_eq!((&**action, subject), ("close_report", &expected));
    // It is gone, and cannot be reported any more.
    assert_eq!(mia.code(report("den", rude, "")).await, "not_found");
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn the_operator_looks_at_reports_as_well() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let sequence = say(&mut mia, "lobby", "oh\nno").await;
    mia.done(report("lobby", sequence, "look")).await;
    let listed = run(&folder, &["admin", "reports"]).await;
    listed.assert_clean();
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(
        lines[1..3],
        ["    Mia reports: look", "    Mia wrote: oh\u{FFFD}no"]
    );
    let id = lines[0].split(' ').next().unwrap();
    let arguments = ["admin", "reports", "--close", id, "--remove-message"];
    run(&folder, &arguments).await.assert_clean();
    run(&folder, &arguments)
        .await
        .assert_refused(&["no such open report"]);
    let event = mia.peer.expect("room_event").await;
    assert_eq!(event["person"]["name"], "Chinwag", "{event}");
    assert_eq!(run(&folder, &["admin", "reports"]).await.out, "");
    server.stop().await;
}

#[tokio::test]
async fn nobody_floods_the_admins_with_reports() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    for number in 0..50 {
        let sequence = say(&mut mia, "lobby", &format!("message {number}")).await;
        mia.done(report("lobby", sequence, "")).await;
    }
    let sequence = say(&mut mia, "lobby", "one more").await;
    assert_eq!(
        mia.code(report("lobby", sequence, "")).await,
        "quota_exceeded"
    );
    mia.done(report("lobby", sequence - 1, "")).await;
    server.stop().await;
}
