#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use shared::content::hash_chunk;
use shared::file::FinishUpload;
use shared::{ContentHash, FileId, FileInfo, TimestampMs};
use tempfile::TempDir;

use super::reading::Chunk;
use super::*;

const CHUNK: usize = 1 << 20;
const WEEK_MS: u64 = 7 * 24 * 3600 * 1000;

struct Fixture {
    files: Arc<Files>,
    person: PersonId,
    folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(
            &folder.path().join("data"),
            Arc::default(),
            Box::new(|_: &[shared::RoomEvent]| {}),
        )
        .unwrap();
        let person = store.claim("Ann", "token", crate::now_ms()).await;
        let blobs = Blobs::open(&folder.path().join("uploads"), store.uploads_owner()).unwrap();
        Self {
            files: Arc::new(Files::new(
                store,
                Arc::default(),
                blobs,
                None,
                Arc::default(),
            )),
            person: person.unwrap().person.id,
            folder,
        }
    }

    /// Where a chunk of a file of hers lies.
    async fn chunk(&self, file_id: FileId, index: u32) -> Chunk {
        let losses = crate::hub::Hub::default().losses();
        let chunk = self.files.chunk(losses, file_id, self.person, index).await;
        chunk.unwrap().0
    }

    async fn begin(&self, size_bytes: usize) -> UploadId {
        let request = BeginUpload {
            request_id: RequestId::default(),
            upload_id: None,
            name: "a.bin".to_owned(),
            size_bytes: size_bytes as u64,
            media_type: None,
        };
        let begun = self.files.begin(self.person, request).await;
        begun.unwrap().upload_id
    }

    async fn writer(&self, upload_id: UploadId, index: u32) -> chunk::ChunkWriter {
        let writer = self.files.put_chunk(self.person, upload_id, index, None);
        writer.await.unwrap()
    }

    async fn put(&self, upload_id: UploadId, index: u32, bytes: &[u8]) -> Result<(), ChunkError> {
        let mut writer = self.writer(upload_id, index).await;
        writer.write(vec![Bytes::copy_from_slice(bytes)]).await?;
        writer.finish().await.map(|_| ())
    }

    async fn finish(&self, upload_id: UploadId) -> Result<FileInfo, FinishError> {
        let request = FinishUpload {
            request_id: RequestId::default(),
            upload_id,
            content_hash: None,
        };
        self.files.finish(self.person, request).await
    }

    async fn present(&self, upload_id: UploadId) -> u32 {
        let status = self
            .files
            .describe(self.person, upload_id, RequestId::default());
        status.await.unwrap().present.count()
    }

    /// Flushed, and all of them.
    async fn rows(&self, upload_id: UploadId) -> (usize, usize) {
        let rows = self.files.store.stored_chunks(upload_id).await.unwrap();
        (rows.iter().filter(|row| row.flushed).count(), rows.len())
    }
}

fn content(chunks: usize) -> Vec<u8> {
    (0..chunks * CHUNK)
        .map(|i| (i.wrapping_mul(0x9E37_79B9) >> 13) as u8)
        .collect()
}

#[tokio::test]
async fn two_who_write_a_chunk_at_once_never_spoil_it() {
    let fixture = Fixture::new().await;
    let content = content(2);
    let (first, second) = content[..CHUNK].split_at(CHUNK / 2);
    let upload = fixture.begin(2 * CHUNK).await;
    let mut good = fixture.writer(upload, 0).await;
    let mut bad = fixture.writer(upload, 0).await;
    good.write(vec![Bytes::copy_from_slice(first)])
        .await
        .unwrap();
    good.write(vec![]).await.unwrap();
    // Over what was written already; without an end it is never verified.
    bad.write(vec![Bytes::from(vec![7; CHUNK / 2])])
        .await
        .unwrap();
    bad.write(vec![]).await.unwrap();
    good.write(vec![Bytes::copy_from_slice(second)])
        .await
        .unwrap();
    let refused = good.finish().await;
    assert!(
        matches!(refused, Err(ChunkError::Mismatch { .. })),
        "{refused:?}"
    );
    assert_eq!(fixture.present(upload).await, 0);

    fixture.put(upload, 0, &content[..CHUNK]).await.unwrap();
    // Sealed: the rest of it lands nowhere.
    bad.write(vec![Bytes::from(vec![7; CHUNK / 2])])
        .await
        .unwrap();
    drop(bad);
    fixture.put(upload, 1, &content[CHUNK..]).await.unwrap();
    let file = fixture.finish(upload).await.unwrap();
    let chunk = fixture.chunk(file.file_id, 0).await;
    let stored = fixture.files.read_chunk(&chunk).await.unwrap();
    assert!(stored == content[..CHUNK]);
}

#[tokio::test]
async fn other_bytes_for_a_chunk_replace_it_the_second_time() {
    let fixture = Fixture::new().await;
    let content = content(2);
    let upload = fixture.begin(2 * CHUNK).await;
    fixture.put(upload, 0, &content[CHUNK..]).await.unwrap();
    let other = fixture.put(upload, 0, &content[..CHUNK]).await;
    assert!(matches!(other, Err(ChunkError::Mismatch { .. })));
    assert_eq!(fixture.rows(upload).await, (0, 0));
    fixture.put(upload, 0, &content[..CHUNK]).await.unwrap();
    fixture.put(upload, 0, &content[..CHUNK]).await.unwrap();
    fixture.put(upload, 1, &content[CHUNK..]).await.unwrap();
    let file = fixture.finish(upload).await.unwrap();
    assert_eq!(
        file.content_hash.as_bytes(),
        blake3::hash(&content).as_bytes()
    );
}

#[tokio::test]
async fn an_upload_at_rest_is_flushed_and_leaves_the_memory() {
    let fixture = Fixture::new().await;
    let content = content(3);
    let upload = fixture.begin(3 * CHUNK).await;
    for index in 0..2 {
        let at = index as usize * CHUNK;
        fixture
            .put(upload, index, &content[at..at + CHUNK])
            .await
            .unwrap();
    }
    assert_eq!(fixture.rows(upload).await, (0, 2));
    let used = fixture.writer(upload, 2).await;
    fixture.files.rest();
    assert_eq!(fixture.rows(upload).await, (0, 2), "somebody uses it");
    drop(used);
    fixture.files.rest();
    // The flush runs beside; once it is noted, the next rest lets the upload go.
    while fixture.rows(upload).await != (2, 2) {
        tokio::task::yield_now().await;
    }
    while fixture.files.loaded(upload).is_some() {
        fixture.files.rest();
        tokio::task::yield_now().await;
    }
    assert_eq!(fixture.present(upload).await, 2);
}

#[tokio::test]
async fn what_is_abandoned_is_collected_and_nothing_else() {
    let fixture = Fixture::new().await;
    let files = &fixture.files;
    let content = content(2);
    let upload = fixture.begin(2 * CHUNK).await;
    for index in 0..2 {
        let at = index as usize * CHUNK;
        fixture
            .put(upload, index, &content[at..at + CHUNK])
            .await
            .unwrap();
    }
    let file = fixture.finish(upload).await.unwrap();
    let unfinished = fixture.begin(2 * CHUNK).await;
    fixture.put(unfinished, 0, &content[..CHUNK]).await.unwrap();
    // What crashes leave: a part that nobody began, and a content that was named but never committed.
    let orphan = UploadId::from_bytes([3; 16]);
    files.blobs.open_part(orphan).unwrap();
    let nameless = ContentHash::from_bytes([4; 32]);
    let _ = files.blobs.open_part(upload).unwrap();
    files.blobs.keep(upload, nameless, 0).unwrap();
    let foreign = fixture.folder.path().join("uploads/incoming/README");
    std::fs::write(&foreign, "not ours").unwrap();

    files.collect(crate::now_ms()).await.unwrap();
    assert_eq!(files.blobs.parts().unwrap(), [unfinished]);
    assert_eq!(fixture.present(unfinished).await, 1);
    assert!(
        files.blobs.open_blob(nameless).is_ok(),
        "it may just be on its way"
    );
    files
        .collect_contents(std::time::Duration::ZERO)
        .await
        .unwrap();
    assert!(files.blobs.open_blob(nameless).is_err());

    let later = TimestampMs(crate::now_ms().0 + WEEK_MS + 1);
    files.collect(later).await.unwrap();
    assert_eq!(files.blobs.parts().unwrap(), []);
    for gone in [upload, unfinished] {
        assert!(files.store.find_upload(gone).await.unwrap().is_none());
    }
    let chunk = fixture.chunk(file.file_id, 1).await;
    assert!(files.read_chunk(&chunk).await.unwrap() == content[CHUNK..]);
    assert!(foreign.exists());
}

#[tokio::test]
async fn a_finish_that_was_interrupted_after_naming_is_repeated() {
    let fixture = Fixture::new().await;
    let upload = fixture.begin(5).await;
    fixture.put(upload, 0, b"bytes").await.unwrap();
    let hash = ContentHash::from_bytes(*blake3::hash(b"bytes").as_bytes());
    fixture.files.blobs.keep(upload, hash, 5).unwrap();
    let file = fixture.finish(upload).await.unwrap();
    assert_eq!(file.content_hash, hash);
    assert_eq!(fixture.files.blobs.parts().unwrap(), []);
}

#[tokio::test]
async fn one_unfinished_upload_too_many_is_refused() {
    let fixture = Fixture::new().await;
    let stored = fixture.files.store.begin_upload(
        NewUpload {
            upload_id: UploadId::from_bytes([5; 16]),
            person: fixture.person,
            name: FileName::repaired("a"),
            size_bytes: 1,
            media_type: None,
            stated: Stated::default(),
        },
        crate::now_ms(),
    );
    stored.await.unwrap();
    // At once, so that one commit takes many.
    futures_util::future::join_all((1..1000).map(|_| fixture.begin(1))).await;
    let request = BeginUpload {
        request_id: RequestId::default(),
        upload_id: None,
        name: "a".to_owned(),
        size_bytes: 1,
        media_type: None,
    };
    let refused = fixture.files.begin(fixture.person, request.clone()).await;
    let too_many = StoreError::TooManyUploads;
    assert_eq!(refused.unwrap_err().to_string(), too_many.to_string());
    let known = BeginUpload {
        upload_id: Some(UploadId::from_bytes([5; 16])),
        ..request
    };
    fixture.files.begin(fixture.person, known).await.unwrap();
}

#[tokio::test]
async fn chunks_have_the_hash_that_everyone_computes() {
    let fixture = Fixture::new().await;
    let content = content(2);
    let upload = fixture.begin(2 * CHUNK).await;
    let mut writer = fixture.writer(upload, 1).await;
    for piece in content[CHUNK..].chunks(100_003) {
        writer
            .write(vec![Bytes::copy_from_slice(piece)])
            .await
            .unwrap();
    }
    let expected = hash_chunk(layout(2 * CHUNK as u64), 1, &content[CHUNK..]);
    assert_eq!(Some(writer.finish().await.unwrap()), expected);
}

#[tokio::test]
async fn whoever_waits_for_a_file_that_does_not_come_on_is_sent_away() {
    let fixture = Fixture::new().await;
    let content = content(3);
    let upload_id = fixture.begin(3 * CHUNK).await;
    let stored = fixture.files.stored(fixture.person, upload_id).await;
    let losses = crate::hub::Hub::default().losses();
    let file_id = stored.unwrap().file_id;
    let opened = fixture.files.opened(losses, file_id, Some(fixture.person));
    let Ok((Granted::Arriving(arriving), _)) = opened.await else {
        panic!("it is on its way");
    };
    fixture
        .put(upload_id, 1, &content[CHUNK..2 * CHUNK])
        .await
        .unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    arriving.wait_for(2 * CHUNK as u64 - 1).await.unwrap();
    let waited = arriving.wait_for(0).await;
    assert_eq!(waited.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(begun.elapsed().as_secs(), 600);
    tokio::time::resume();
    let read = arriving.read(CHUNK as u64 + 1, 5).unwrap();
    assert_eq!(read, content[CHUNK + 1..CHUNK + 6]);
    fixture
        .files
        .cancel(fixture.person, upload_id)
        .await
        .unwrap();
    let waited = arriving.wait_for(CHUNK as u64).await;
    assert_eq!(waited.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    assert!(arriving.read(CHUNK as u64, 5).is_err());
}

#[tokio::test]
async fn what_is_spooled_is_neither_collected_nor_left_behind() {
    let fixture = Fixture::new().await;
    let content = content(3);
    let spooled = || async {
        let mut spool = fixture.files.spool(fixture.person).await.unwrap();
        spool
            .write(vec![Bytes::from(content.clone())])
            .await
            .unwrap();
        spool.write(vec![Bytes::from_static(b"end")]).await.unwrap();
        fixture.files.collect(crate::now_ms()).await.unwrap();
        spool
    };
    let incoming = fixture.folder.path().join("uploads/incoming");
    let parts = || std::fs::read_dir(&incoming).unwrap().count();
    drop(spooled().await);
    while parts() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let upload = spooled().await.into_upload("a.bin", None).await.unwrap();
    let file = fixture.finish(upload).await.unwrap();
    let hash = blake3::hash(&[&content[..], b"end"].concat());
    assert_eq!(file.content_hash.as_bytes(), hash.as_bytes());
    assert_eq!(parts(), 0);
    fixture.files.collect(crate::now_ms()).await.unwrap();
    assert!(fixture.files.open(&file).await.is_ok());
}

/// What a scrub finds until it has read everything: how many bytes it read.
async fn scrub(files: &Files) -> u64 {
    let (mut scrub, mut bytes) = (scrub::Scrub::default(), 0);
    while let Some(read) = scrub.step(files).await.unwrap() {
        bytes += read;
    }
    bytes
}

async fn is_damaged_soon(files: &Files, content: ContentHash) -> bool {
    // Each is noted in the background.
    for _ in 0..500 {
        if files.store.is_damaged(content).await.unwrap() {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    false
}

#[tokio::test]
async fn a_scrub_reads_everything_once_and_finds_what_is_lost() {
    let fixture = Fixture::new().await;
    let mut files = Vec::new();
    for content in [content(3), b"small".to_vec(), Vec::new()] {
        let upload = fixture.begin(content.len()).await;
        for (index, chunk) in (0..).zip(content.chunks(CHUNK)) {
            fixture.put(upload, index, chunk).await.unwrap();
        }
        files.push(fixture.finish(upload).await.unwrap());
    }
    let path = |at: usize| fixture.files.blobs.blob_path(files[at].content_hash);
    let mut bytes = std::fs::read(path(0)).unwrap();
    bytes[CHUNK + 5] ^= 1;
    std::fs::write(path(0), &bytes).unwrap();
    assert_eq!(scrub(&fixture.files).await, 3 * CHUNK as u64 + 5);
    assert!(is_damaged_soon(&fixture.files, files[0].content_hash).await);
    for whole in &files[1..] {
        assert!(
            !fixture
                .files
                .store
                .is_damaged(whole.content_hash)
                .await
                .unwrap()
        );
    }
    assert_eq!(scrub(&fixture.files).await, 0, "all was read of late");

    // A month later. What was put right is right again, and what is gone is found.
    let db = rusqlite::Connection::open(fixture.folder.path().join("data/chinwag.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let long_ago = || db.execute("UPDATE blobs SET verified_ms = 1", []).unwrap();
    long_ago();
    bytes[CHUNK + 5] ^= 1;
    std::fs::write(path(0), &bytes).unwrap();
    std::fs::remove_file(path(1)).unwrap();
    scrub(&fixture.files).await;
    assert!(is_damaged_soon(&fixture.files, files[1].content_hash).await);
    assert!(
        !fixture
            .files
            .store
            .is_damaged(files[0].content_hash)
            .await
            .unwrap()
    );

    // It goes on where it was: what lies before is not read again.
    long_ago();
    let place = crate::store::ScrubPlace {
        content: files[0].content_hash,
        next: 2,
    };
    let noted = fixture
        .files
        .store
        .note_scrub(Vec::new(), Some(place), crate::now_ms());
    noted.await.unwrap();
    assert_eq!(scrub(&fixture.files).await, CHUNK as u64 + 5);
}
