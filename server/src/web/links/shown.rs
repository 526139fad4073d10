//! What browsers may show of what people upload. Everything else is bytes that they save: no type of ours lets a file be
//! a script, a style sheet or a document of the page's origin.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::http::{THUMBNAIL, ThumbnailBox};
use shared::{ErrorCode, ErrorReply, FileName};

/// What a parameter's value may hold as it is (RFC 8187, attr-char).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// How the asker wants to see the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// As fits its type.
    Nothing,
    Download,
    Inline,
}

/// Whether a link's parameters have this one.
pub(super) fn has(query: &str, name: &str) -> bool {
    let mut parts = query.split('&');
    parts.any(|part| part.split('=').next() == Some(name))
}

impl Asked {
    pub(super) fn of(query: &str) -> Self {
        match (has(query, "download"), has(query, "inline")) {
            (true, _) => Self::Download,
            (false, true) => Self::Inline,
            (false, false) => Self::Nothing,
        }
    }
}

/// The box that a thumbnail is asked for in, if one is.
pub(super) fn asked_thumbnail(query: &str) -> Option<Result<ThumbnailBox, ErrorReply>> {
    let mut parameters = query
        .split('&')
        .map(|it| it.split_once('=').unwrap_or((it, "")));
    let (_, pixels) = parameters.find(|(name, _)| *name == THUMBNAIL)?;
    Some(ThumbnailBox::of_pixels(pixels).ok_or_else(|| {
        let sizes = ThumbnailBox::ALL.map(|fits| fits.pixels().to_string());
        let sizes = sizes.join(" or ");
        let text = format!("A thumbnail is asked for by {THUMBNAIL}= and {sizes}.");
        ErrorReply::new(ErrorCode::InvalidArgument, text)
    }))
}

/// The types that nothing can hide a script in: pixels and sound. SVG, HTML, PDF and XML are not among them.
pub(super) fn is_shown(media_type: &str) -> bool {
    let (kind, subtype) = media_type.split_once('/').unwrap_or_default();
    match kind {
        "image" => matches!(
            subtype,
            "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp" | "jxl" | "x-icon"
        ),
        "audio" => matches!(
            subtype,
            "aac"
                | "flac"
                | "m4a"
                | "mp4"
                | "mpeg"
                | "ogg"
                | "opus"
                | "wav"
                | "webm"
                | "x-flac"
                | "x-m4a"
                | "x-wav"
        ),
        "video" => matches!(
            subtype,
            "mp4" | "mpeg" | "ogg" | "quicktime" | "webm" | "x-m4v" | "x-matroska"
        ),
        _ => false,
    }
}

/// The type as which a file is sent. Browsers are told not to guess another, and run neither bytes nor text.
pub(super) fn content_type(media_type: &str) -> &str {
    match media_type {
        // Nothing says so, but nothing else is as likely; a browser's guess could be anything.
        "text/plain" => "text/plain; charset=utf-8",
        shown if is_shown(shown) => shown,
        _other => "application/octet-stream",
    }
}

/// Whether to show or to save, and under which name (RFC 6266): first for old programs, then in full.
pub(super) fn disposition(name: &FileName, media_type: &str, asked: Asked) -> String {
    let is_text = media_type == "text/plain";
    let is_shown = match asked {
        Asked::Nothing => is_shown(media_type),
        Asked::Inline => is_shown(media_type) || is_text,
        Asked::Download => false,
    };
    with_name(if is_shown { "inline" } else { "attachment" }, name)
}

/// To save, under this name.
pub(in crate::web) fn attachment(name: &FileName) -> String {
    with_name("attachment", name)
}

fn with_name(shown: &str, name: &FileName) -> String {
    let name = name.as_str();
    let plain: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    let full = utf8_percent_encode(name, ENCODED);
    format!("{shown}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}
