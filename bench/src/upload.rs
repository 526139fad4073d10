//! An upload over HTTP as a browser does it: chunks in parallel, each with its hash.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use shared::http::{CHUNK_HASH_HEADER, UPLOADS, chunk_path, finish_path};
use shared::{ChunkHash, ContentHash, FileInfo, UploadId, UploadStatus};

use crate::content::Content;
use crate::http::Http;
use crate::native::begin_upload;

/// Chunks that are on their way at a time, each over a connection of its own.
const PARALLEL: usize = 4;

/// The answer to the request that finishes an upload.
#[derive(Deserialize)]
struct Finished {
    file: FileInfo,
}

/// Uploads the whole file and returns what the server made of it.
pub(crate) fn upload(
    address: SocketAddr,
    token: &str,
    content: &Content,
    (chunks, whole): &(Vec<ChunkHash>, ContentHash),
) -> Result<FileInfo> {
    let authorization = format!("authorization: Bearer {token}\r\n");
    let mut http = Http::connect(address, &authorization)?;
    let begin = serde_json::to_vec(&begin_upload(content))?;
    let status = http
        .request("POST", UPLOADS, &[&begin])
        .context("beginning the upload")?;
    let status: UploadStatus = serde_json::from_slice(&status)?;
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        let put = || {
            put_chunks(
                address,
                &authorization,
                status.upload_id,
                content,
                chunks,
                &next,
            )
        };
        let putters: Vec<_> = (0..PARALLEL).map(|_| scope.spawn(put)).collect();
        putters
            .into_iter()
            .try_for_each(|putter| putter.join().expect("putting does not panic"))
    })?;
    let finish = format!(r#"{{"content_hash":"{whole}"}}"#);
    let path = finish_path(status.upload_id);
    // The server has closed the first connection where the chunks took longer than it waits for a request.
    let finished = Http::connect(address, &authorization)?
        .request("POST", &path, &[finish.as_bytes()])
        .context("finishing the upload")?;
    Ok(serde_json::from_slice::<Finished>(&finished)?.file)
}

fn put_chunks(
    address: SocketAddr,
    authorization: &str,
    upload_id: UploadId,
    content: &Content,
    chunks: &[ChunkHash],
    next: &AtomicU32,
) -> Result<()> {
    let mut http = Http::connect(address, authorization)?;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(hash) = chunks.get(index as usize) else {
            return Ok(());
        };
        let (stamp, rest) = content.chunk(index);
        let length = (stamp.len() + rest.len()) as u64;
        let header = format!("{CHUNK_HASH_HEADER}: {hash}\r\n");
        http.begin("PUT", &chunk_path(upload_id, index), length, &header)?;
        http.write(&stamp)?;
        http.write(rest)?;
        http.answer()
            .with_context(|| format!("putting chunk {index}"))?;
    }
}
