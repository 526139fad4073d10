//! Chunks on their way to the server by HTTP, because a browser tells the progress of nothing else. Each is read,
//! hashed and put; the server's answer goes back to the core as a frame.

use std::cell::RefCell;
use std::rc::Rc;

use client::Input;
use gloo_events::EventListener;
use js_sys::Uint8Array;
use litemap::LiteMap;
use shared::codec::{Packet, decode_line};
use shared::content::hash_chunk;
use shared::http::{CHUNK_HASH_HEADER, chunk_path};
use shared::{ChunkLayout, ErrorCode, ErrorReply, RequestId, ServerFrame, UploadId};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

/// A chunk that the core wants to be carried.
#[derive(Clone, Copy)]
pub(super) struct Chunk {
    pub(super) request_id: RequestId,
    pub(super) upload_id: UploadId,
    pub(super) layout: ChunkLayout,
    pub(super) index: u32,
}

#[derive(Default)]
pub(super) struct Uploads {
    files: RefCell<LiteMap<UploadId, File>>,
    running: Rc<RefCell<LiteMap<RequestId, Running>>>,
}

/// A chunk that travels; `None` while it is read and hashed.
struct Running {
    upload_id: UploadId,
    request: Option<(XmlHttpRequest, Vec<EventListener>)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((request, listeners)) = self.request.take() {
            // First the listeners, so that the end of the request is not reported.
            drop(listeners);
            let _ = request.abort();
        }
    }
}

impl Uploads {
    pub(super) fn keep(&self, upload_id: UploadId, file: File) {
        self.files.borrow_mut().insert(upload_id, file);
    }

    pub(super) fn source(&self, upload_id: UploadId) -> Option<File> {
        self.files.borrow().get(&upload_id).cloned()
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.files.borrow().is_empty()
    }

    pub(super) fn release(&self, upload_id: UploadId) {
        self.files.borrow_mut().remove(&upload_id);
        let mut running = self.running.borrow_mut();
        running.retain(|_, running| running.upload_id != upload_id);
    }

    pub(super) fn abort_all(&self) {
        self.running.borrow_mut().clear();
    }

    /// Begins to carry the chunk; `report` is told its progress and its end.
    pub(super) fn put(&self, chunk: Chunk, report: impl Fn(Input) + Clone + 'static) {
        let file = self.source(chunk.upload_id);
        let running = self.running.clone();
        let entry = Running {
            upload_id: chunk.upload_id,
            request: None,
        };
        running.borrow_mut().insert(chunk.request_id, entry);
        wasm_bindgen_futures::spawn_local(async move {
            let bytes = match file {
                Some(file) => read(&file, chunk).await,
                None => Err("The file has to be chosen again.".into()),
            };
            if !running.borrow().contains_key(&chunk.request_id) {
                return;
            }
            let sent = bytes.map(|bytes| send(&running, chunk, &bytes, report.clone()));
            if let Err(reason) = sent {
                running.borrow_mut().remove(&chunk.request_id);
                let upload_id = chunk.upload_id;
                report(Input::SourceFailed { upload_id, reason });
            }
        });
    }
}

/// The chunk's bytes. On failure: why, for people.
async fn read(file: &File, chunk: Chunk) -> Result<Vec<u8>, String> {
    let changed = || String::from("The file has changed since it was chosen. Choose it again.");
    let range = chunk.layout.range(chunk.index).ok_or_else(changed)?;
    if file.size() as u64 != chunk.layout.size_bytes {
        return Err(changed());
    }
    let part = file
        .slice_with_f64_and_f64(range.start as f64, range.end as f64)
        .map_err(|_| changed())?;
    // Fails where the file was changed or removed, and for folders.
    let buffer = JsFuture::from(part.array_buffer()).await.map_err(|_| {
        String::from("The file cannot be read; it may have changed. Choose it again.")
    })?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn send(
    running: &Rc<RefCell<LiteMap<RequestId, Running>>>,
    chunk: Chunk,
    bytes: &[u8],
    report: impl Fn(Input) + Clone + 'static,
) {
    let request_id = chunk.request_id;
    let started = prepare(chunk, bytes).and_then(|request| {
        let listeners = listen(&request, running, request_id, report.clone())?;
        request.send_with_opt_u8_array(Some(bytes))?;
        Ok((request, listeners))
    });
    match started {
        Ok(started) => {
            if let Some(entry) = running.borrow_mut().get_mut(&request_id) {
                entry.request = Some(started);
            }
        }
        Err(_) => {
            running.borrow_mut().remove(&request_id);
            report(failed(request_id));
        }
    }
}

fn prepare(chunk: Chunk, bytes: &[u8]) -> Result<XmlHttpRequest, JsValue> {
    let request = XmlHttpRequest::new()?;
    request.open_with_async("PUT", &chunk_path(chunk.upload_id, chunk.index), true)?;
    request.set_request_header("content-type", "application/octet-stream")?;
    if let Some(hash) = hash_chunk(chunk.layout, chunk.index, bytes) {
        request.set_request_header(CHUNK_HASH_HEADER, &hash.to_string())?;
    }
    Ok(request)
}

/// Set before sending: a request that nobody listens to by then reports no progress.
fn listen(
    request: &XmlHttpRequest,
    running: &Rc<RefCell<LiteMap<RequestId, Running>>>,
    request_id: RequestId,
    report: impl Fn(Input) + Clone + 'static,
) -> Result<Vec<EventListener>, JsValue> {
    let told = report.clone();
    let progress = EventListener::new(&*request.upload()?, "progress", move |event| {
        let event: &ProgressEvent = event.unchecked_ref();
        let sent_bytes = event.loaded() as u64;
        told(Input::ChunkProgress {
            request_id,
            sent_bytes,
        });
    });
    let (running, answered) = (running.clone(), request.clone());
    let end = EventListener::new(request, "loadend", move |_| {
        // Taken out before the report, which may start the next one. It has ended: aborting it does nothing.
        let entry = running.borrow_mut().remove(&request_id);
        report(answer(&answered, request_id));
        drop(entry);
    });
    Ok(vec![progress, end])
}

/// The server's answer, as the frame that it would be on the connection.
fn answer(request: &XmlHttpRequest, request_id: RequestId) -> Input {
    let status = request.status().unwrap_or(0);
    let kind = match (200..300).contains(&status) {
        true => "chunk_stored",
        false => "error",
    };
    let text = request.response_text().ok().flatten().unwrap_or_default();
    match frame(kind, &text, request_id) {
        Some(frame) => Input::Frame(Packet::from(frame)),
        None => failed(request_id),
    }
}

/// Over HTTP the object has no type, and the request id is of no request.
fn frame(kind: &str, text: &str, request_id: RequestId) -> Option<ServerFrame> {
    let fields = text.trim().strip_prefix('{')?;
    let line = format!("{{\"type\":\"{kind}\",{fields}");
    let mut frame: ServerFrame = decode_line(line.as_bytes()).ok()?.frame;
    if let ServerFrame::ChunkStored { request_id: id, .. }
    | ServerFrame::Error(ErrorReply { request_id: id, .. }) = &mut frame
    {
        *id = request_id;
    }
    Some(frame)
}

/// No answer, or none of Chinwag's: worth trying again.
fn failed(request_id: RequestId) -> Input {
    let mut error = ErrorReply::new(ErrorCode::TimedOut, "The server cannot be reached.");
    error.request_id = request_id;
    Input::Frame(Packet::from(ServerFrame::Error(error)))
}
