//! One WebSocket: frames out, frames in, and its end, which is reported once. Dropping it closes it silently.

use bytes::Bytes;
use gloo_events::EventListener;
use js_sys::{ArrayBuffer, Uint8Array};
use shared::codec::{Packet, decode_message, encode_line};
use shared::{ClientFrame, ServerFrame};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

use crate::browser::window;

/// What happens to a connection.
pub(super) enum Report {
    Opened,
    Frame(Packet<ServerFrame>),
    /// The last report. The reason is for people.
    Ended {
        reason: String,
    },
}

pub(super) struct Socket {
    socket: WebSocket,
    _listeners: [EventListener; 3],
}

impl Socket {
    /// Begins to connect to the server that this page came from. On failure: why, for people.
    pub(super) fn open(report: impl Fn(Report) + Clone + 'static) -> Result<Self, String> {
        let socket = WebSocket::new(&address()).map_err(|error| format!("{error:?}"))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = {
            let report = report.clone();
            EventListener::new(&socket, "open", move |_| report(Report::Opened))
        };
        let received = {
            let report = report.clone();
            EventListener::new(&socket, "message", move |event| {
                let event: &MessageEvent = event.unchecked_ref();
                report(read(&event.data()));
            })
        };
        let ended = EventListener::new(&socket, "close", move |event| {
            let event: &CloseEvent = event.unchecked_ref();
            let reason = match event.reason() {
                reason if reason.is_empty() => "The server cannot be reached.".into(),
                reason => reason,
            };
            report(Report::Ended { reason });
        });
        Ok(Self {
            socket,
            _listeners: [opened, received, ended],
        })
    }

    /// Writes a frame without payload. A connection that is gone loses it, as a cut cable would.
    pub(super) fn send(&self, frame: &ClientFrame) {
        let mut line = encode_line(frame);
        line.pop();
        let line = String::from_utf8(line).expect("JSON is UTF-8");
        // An error means that the connection is ending, which is reported by itself.
        let _ = self.socket.send_with_str(&line);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.socket.close();
    }
}

fn address() -> String {
    let location = window().location();
    let protocol = location.protocol().unwrap_or_default();
    let scheme = if protocol == "https:" { "wss" } else { "ws" };
    let host = location.host().unwrap_or_default();
    format!("{scheme}://{host}/ws")
}

fn read(data: &JsValue) -> Report {
    let message = match data.as_string() {
        Some(text) => text.into_bytes(),
        None => match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => Uint8Array::new(buffer).to_vec(),
            None => Vec::new(),
        },
    };
    match decode_message(Bytes::from(message)) {
        Ok(packet) => Report::Frame(packet),
        Err(error) => Report::Ended {
            reason: format!("The server sent what this page does not understand ({error})."),
        },
    }
}
