//! Downloads by link: what counts, for how long one goes on, and links of before.

use shared::FileId;
use shared::file::LinkInfo;

use super::*;
use crate::store::{Change, NewLink, Origin, Portion};

const HERE: Origin = [1; 16];
const THERE: Origin = [2; 16];
const DAY_MS: u64 = 24 * 3600 * 1000;

/// A store that was made by the version before links had passwords and counts, with Ada's file.
fn with_file(dir: &TempDir) -> (Store, PersonId) {
    let (ada, _, _) = older(dir, 6, "Bob", "garden");
    let db = crate::store::schema::connect(&crate::store::database_path(dir.path())).unwrap();
    db.execute_batch("INSERT INTO blobs VALUES (x'01', 4, x'', 1)")
        .unwrap();
    db.execute(
        "INSERT INTO files (id, content_hash, person_id, name, media_type, created_ms)
         VALUES (?1, x'01', ?2, 'a.txt', 'text/plain', 1)",
        params![file_id().as_bytes(), ada.id.as_bytes()],
    )
    .unwrap();
    drop(db);
    (open(dir).0, ada.id)
}

#[tokio::test]
async fn links_of_before_are_open_and_were_never_counted() {
    let dir = TempDir::new().unwrap();
    let (store, ada) = with_file(&dir);
    let link = store.read_link(ada, file_id()).await.unwrap();
    let expected = LinkInfo {
        path: format!("/files/{}/a.txt", file_id()),
        ..LinkInfo::default()
    };
    assert_eq!(link, expected);
    let begun = store.begin_download(file_id(), HERE, Portion::Whole, NOW);
    assert!(begun.await.unwrap());
    store.close().await;
    let (store, _) = open(&dir);
    assert_eq!(store.read_link(ada, file_id()).await.unwrap().downloads, 1);
    assert!(store.goes_on(file_id(), HERE, NOW).await.unwrap());
}

#[tokio::test]
async fn a_download_goes_on_for_a_day_and_no_longer() {
    let dir = TempDir::new().unwrap();
    let (store, ada) = with_file(&dir);
    let wanted = NewLink {
        access: shared::file::LinkAccess::Anyone,
        expires_at_ms: None,
        password: Change::Keep,
        downloads_left: Change::Set(1),
    };
    store.change_link(ada, file_id(), wanted).await.unwrap();
    let begin = async |origin, portion, at: u64| {
        let now = TimestampMs(NOW.0 + at);
        let begun = store.begin_download(file_id(), origin, portion, now);
        begun.await.unwrap()
    };
    assert!(begin(HERE, Portion::Whole, 0).await);
    assert!(begin(HERE, Portion::Part, DAY_MS - 1).await);
    assert!(!begin(THERE, Portion::Part, DAY_MS - 1).await);
    assert!(!begin(HERE, Portion::Whole, 1).await);
    // What broke off begins anew, once, from where it was begun.
    store.download_broke(file_id(), HERE).await.unwrap();
    let may_begin = async |origin| store.may_begin_download(file_id(), origin, NOW).await;
    assert!(may_begin(HERE).await.unwrap() && !may_begin(THERE).await.unwrap());
    assert!(!begin(THERE, Portion::Whole, 2).await);
    assert!(begin(HERE, Portion::Whole, 2).await);
    assert!(!begin(HERE, Portion::Whole, 3).await);
    let late = TimestampMs(NOW.0 + DAY_MS);
    store.download_broke(file_id(), HERE).await.unwrap();
    assert!(!begin(HERE, Portion::Whole, DAY_MS).await);
    assert_eq!(store.read_link(ada, file_id()).await.unwrap().downloads, 1);
    assert!(!store.may_download(file_id(), HERE, late).await.unwrap());
    assert!(!begin(HERE, Portion::Part, DAY_MS).await);
    // What is forgotten was over.
    let before = TimestampMs(late.0 - 1);
    store.forget_downloads(before).await.unwrap();
    assert!(store.goes_on(file_id(), HERE, before).await.unwrap());
    store.forget_downloads(late).await.unwrap();
    assert!(!store.goes_on(file_id(), HERE, before).await.unwrap());
    let nothing = FileId::from_bytes([9; 16]);
    assert!(!store.may_download(nothing, HERE, NOW).await.unwrap());
}

fn file_id() -> FileId {
    FileId::from_bytes([7; 16])
}

#[tokio::test]
async fn files_of_before_are_listed_by_when_they_were_sent() {
    let dir = TempDir::new().unwrap();
    let (ada, _, room) = older(&dir, 6, "Bob", "garden");
    let db = crate::store::schema::connect(&crate::store::database_path(dir.path())).unwrap();
    db.execute("INSERT INTO blobs VALUES (?1, 4, x'', 1)", [[1_u8; 32]])
        .unwrap();
    db.execute(
        "INSERT INTO files (id, content_hash, person_id, name, media_type, created_ms)
         VALUES (?1, ?2, ?3, 'a.txt', 'text/plain', 1)",
        params![file_id().as_bytes(), [1_u8; 32], ada.id.as_bytes()],
    )
    .unwrap();
    // As the message at the end of the room carried it then.
    db.execute(
        "INSERT INTO file_rooms (file_id, room_id, sequence) VALUES (?1, ?2, 2)",
        params![file_id().as_bytes(), room.as_bytes()],
    )
    .unwrap();
    drop(db);
    let (store, _) = open(&dir);
    let page = store.list_files(ada.id, shared::listing::ListFiles::default(), NOW);
    let page = page.await.unwrap();
    assert_eq!(page.files.len(), 1);
    assert_eq!(page.files[0].sent_at_ms, NOW);
    assert_eq!(page.next, None);
}
