//! What is behind a link: how it is described, and where its bytes come from.

use std::fs::File;
use std::ops::Range;

use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderValue};
use shared::http::ThumbnailBox;
use shared::{FileInfo, FileName};

use super::shown::{Asked, content_type, disposition};
use crate::files::{Arriving, Files, Granted, ReadError, Thumbnail};
use crate::store::OpenFile;
use crate::web::headers::RESOURCE_POLICY;
use crate::web::pieces::Source;

/// The link is a secret, and what it leads to never changes.
const FOR_GOOD: &str = "private, max-age=31536000, immutable";
/// Whether it may be opened is to be asked each time.
const ASK_AGAIN: &str = "private, no-cache";
/// It is not whole yet.
const NOT_AT_ALL: &str = "no-store";

/// A file as it is sent.
pub(super) struct Served {
    name: FileName,
    media_type: String,
    pub(super) size_bytes: u64,
    /// A strong one; nothing vouches for what is still on its way.
    pub(super) etag: Option<String>,
    caching: &'static str,
    content: Content,
}

enum Content {
    Whole(Box<FileInfo>),
    Arriving(Arriving),
    Thumbnail(File),
}

impl From<Granted> for Served {
    fn from(granted: Granted) -> Self {
        match granted {
            Granted::Whole(open) => Self::whole(open),
            Granted::Arriving(arriving) => Self {
                name: arriving.name.clone(),
                media_type: arriving.media_type.clone(),
                size_bytes: arriving.size_bytes,
                etag: None,
                caching: NOT_AT_ALL,
                content: Content::Arriving(arriving),
            },
        }
    }
}

impl Served {
    fn whole(open: OpenFile) -> Self {
        let file = open.file;
        Self {
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size_bytes: file.size_bytes,
            etag: Some(format!("\"{}\"", file.content_hash)),
            caching: if open.is_public { FOR_GOOD } else { ASK_AGAIN },
            content: Content::Whole(Box::new(file)),
        }
    }

    /// Under a name of its own, as it is not the file.
    pub(super) fn thumbnail(open: OpenFile, fits: ThumbnailBox, thumbnail: Thumbnail) -> Self {
        let Thumbnail {
            file,
            size_bytes,
            kind,
        } = thumbnail;
        let whole = Self::whole(open);
        let (pixels, extension) = (fits.pixels(), kind.extension());
        let name = whole.name.as_str();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        Self {
            name: FileName::repaired(&format!("{stem}-{pixels}.{extension}")),
            media_type: kind.media_type().to_owned(),
            size_bytes,
            etag: whole
                .etag
                .map(|etag| etag.replacen('"', &format!("\"{pixels}-"), 1)),
            caching: whole.caching,
            content: Content::Thumbnail(file),
        }
    }

    pub(super) async fn source(self, files: &Files) -> Result<Source, ReadError> {
        Ok(match self.content {
            Content::Whole(file) => Source::Whole(Box::new(files.open(&file).await?)),
            Content::Arriving(arriving) => Source::Arriving(arriving),
            Content::Thumbnail(file) => Source::Made(file),
        })
    }

    /// The headers of an answer that has `range` of it.
    pub(super) fn headers(
        &self,
        asked: Asked,
        status: StatusCode,
        range: Option<&Range<u64>>,
    ) -> HeaderMap {
        let mut headers = HeaderMap::new();
        self.describe(&mut headers, asked);
        self.describe_range(&mut headers, status, range);
        headers
    }

    fn describe(&self, headers: &mut HeaderMap, asked: Asked) {
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::ACCEPT_RANGES, "bytes");
        set(header::CACHE_CONTROL, self.caching);
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        // Styles are for browsers' own viewers, which place an image by them.
        set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; \
             form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
        );
        set(RESOURCE_POLICY, "same-origin");
        let disposition = disposition(&self.name, &self.media_type, asked);
        for (name, value) in [
            (header::ETAG, self.etag.as_deref()),
            (header::CONTENT_TYPE, Some(content_type(&self.media_type))),
            (header::CONTENT_DISPOSITION, Some(disposition.as_str())),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value);
                let value = value.unwrap_or(HeaderValue::from_static("application/octet-stream"));
                headers.insert(name, value);
            }
        }
    }

    fn describe_range(
        &self,
        headers: &mut HeaderMap,
        status: StatusCode,
        range: Option<&Range<u64>>,
    ) {
        let size_bytes = self.size_bytes;
        let mut set = |name, value: String| {
            let value = HeaderValue::try_from(value).expect("numbers are valid in a header");
            headers.insert(name, value);
        };
        match range {
            Some(range) => {
                let bytes = range.end - range.start;
                set(header::CONTENT_LENGTH, bytes.to_string());
                if status == StatusCode::PARTIAL_CONTENT {
                    let (first, last) = (range.start, range.end - 1);
                    let part = format!("bytes {first}-{last}/{size_bytes}");
                    set(header::CONTENT_RANGE, part);
                }
            }
            None if status == StatusCode::RANGE_NOT_SATISFIABLE => {
                set(header::CONTENT_RANGE, format!("bytes */{size_bytes}"));
            }
            None => {}
        }
    }
}
