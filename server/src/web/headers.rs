//! Headers by which no answer becomes a document that can do something, whatever a browser is made to do with it.

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Of answers that are read and not shown: they load nothing, run nothing, and no page may frame them.
const READ_ONLY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Says who may load the answer as a part of a page.
pub(super) const RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// For JSON and sentences.
pub(super) fn guard(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, READ_ONLY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
