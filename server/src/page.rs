//! The browser page, embedded in this binary by `build.rs`: what to answer for a path, in which encoding, with
//! which caching and security headers. Knows nothing of warp; a route passes the request's parts in.

use bytes::Bytes;
use hyper::{
    Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};

#[cfg(test)]
mod embed;

/// One file of the page, in every encoding it is kept in.
struct Asset {
    /// Where it lies in the page, without a leading slash.
    path: &'static str,
    content_type: &'static str,
    /// Its name carries a hash of its content.
    immutable: bool,
    /// A digest of the content, the same for every encoding.
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

mod assets {
    use super::Asset;
    include!(concat!(env!("OUT_DIR"), "/page_assets.rs"));
}

/// The content codings a file of the page may be sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

/// Places inside the app that a person may open or reload directly; the app itself reads the rest of the path.
const APP_PATHS: &[&str] = &["rooms/", "you/", "admin/"];

/// Whether this binary carries the page, or only a note that it was compiled without.
pub fn is_built() -> bool {
    assets::BUILT
}

/// The answer to a GET or HEAD of `path` (absolute, as in the request line, without the query), or `None` where the
/// page has no such file. The next two are the request headers of these names, where it has them; `files_url` is where
/// files are, if not on the page's host.
pub fn respond(
    path: &str,
    accept_encoding: Option<&str>,
    if_none_match: Option<&str>,
    files_url: Option<&str>,
) -> Option<Response<Bytes>> {
    let path = path.strip_prefix('/')?;
    let in_app = path.is_empty() || APP_PATHS.iter().any(|prefix| path.starts_with(prefix));
    let name = if in_app { "index.html" } else { path };
    let asset = assets::ASSETS.iter().find(|asset| asset.path == name)?;
    let encodings = accept_encoding.unwrap_or("");
    Some(asset.response(encodings, if_none_match, files_url))
}

/// What the page may do: run its own scripts and WebAssembly, talk to its own server, show what it made itself.
///
/// `'self'` in `connect-src` covers the WebSocket of the same host in every browser that can run the page. Inline
/// style attributes are refused; setting a style property from code is not.
fn content_security_policy(files_url: Option<&str>) -> String {
    let files = files_url.map(|url| format!(" {url}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{loader}; worker-src 'self'; style-src 'self'; \
         img-src 'self' blob: data:{files}; media-src 'self' blob:{files}; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
        loader = assets::INLINE_SCRIPTS
    )
}

impl Asset {
    fn response(
        &self,
        accept_encoding: &str,
        if_none_match: Option<&str>,
        files_url: Option<&str>,
    ) -> Response<Bytes> {
        let (encoding, body) = self.choose(accept_encoding);
        let etag = format!("\"{}{}\"", self.tag, encoding.tag_suffix());
        let fresh = if_none_match.is_some_and(|tags| matches_tag(tags, &etag));
        let cache = if self.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };

        let mut response = Response::new(if fresh {
            Bytes::new()
        } else {
            Bytes::from_static(body)
        });
        let headers = response.headers_mut();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CACHE_CONTROL, cache);
        set(header::VARY, "Accept-Encoding");
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "same-origin");
        for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
            set(HeaderName::from_static(name), "same-origin");
        }
        if !fresh {
            set(header::CONTENT_TYPE, self.content_type);
            if let Some(name) = encoding.name() {
                set(header::CONTENT_ENCODING, name);
            }
        }
        for (name, value) in [
            (header::ETAG, etag),
            (
                header::CONTENT_SECURITY_POLICY,
                content_security_policy(files_url),
            ),
        ] {
            let value = HeaderValue::try_from(value)
                .expect("tags and the policy are made of printable ASCII");
            headers.insert(name, value);
        }
        if fresh {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }

    /// The smallest kept variant that the client accepts.
    fn choose(&self, accept_encoding: &str) -> (Encoding, &'static [u8]) {
        [(Encoding::Brotli, self.brotli), (Encoding::Gzip, self.gzip)]
            .into_iter()
            .find_map(|(encoding, bytes)| {
                bytes
                    .filter(|_| accepts(accept_encoding, encoding))
                    .map(|bytes| (encoding, bytes))
            })
            .unwrap_or((Encoding::Identity, self.plain))
    }
}

impl Encoding {
    /// As in `Content-Encoding`, which is left out for the plain bytes.
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Different bytes need different strong tags.
    fn tag_suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gzip",
            Self::Identity => "",
        }
    }
}

/// Whether an `Accept-Encoding` allows the coding (RFC 9110, 12.5.3). Its own entry outranks `*`, and a weight of
/// zero refuses it.
fn accepts(accept_encoding: &str, encoding: Encoding) -> bool {
    let Some(wanted) = encoding.name() else {
        return true;
    };
    let weight_of = |coding: &str| {
        accept_encoding.split(',').find_map(|item| {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = parameters
                .trim()
                .strip_prefix("q=")
                .and_then(|weight| weight.trim().parse().ok());
            name.trim()
                .eq_ignore_ascii_case(coding)
                .then_some(weight.unwrap_or(1.0_f32))
        })
    };
    weight_of(wanted)
        .or_else(|| weight_of("*"))
        .is_some_and(|weight| weight > 0.0)
}

/// Whether an `If-None-Match` names the tag, by the weak comparison that it asks for.
fn matches_tag(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests;
