//! The exact headers of every kind of answer: none is there by chance, and none goes missing unnoticed.

use server::Server;
use tempfile::TempDir;

use crate::http::{Answer, Uploader, exchange, get};
use crate::peer::{Peer, start};

/// What JSON and sentences have in common.
const READ_ONLY: &[&str] = &[
    "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy: same-origin",
    "referrer-policy: no-referrer",
    "x-content-type-options: nosniff",
];
/// What every answer has here, whatever it is.
const CONNECTION: &[&str] = &["connection: close", "content-length: N", "date: D"];

/// The headers as sorted lines, without what differs from one answer to the next.
fn lines(answer: &Answer) -> Vec<String> {
    let line = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "content-length" => "N",
            "date" => "D",
            "etag" => "\"E\"",
            _ => value,
        };
        format!("{name}: {value}")
    };
    let mut lines: Vec<String> = answer.headers.iter().map(line).collect();
    lines.sort();
    lines
}

fn assert_headers(what: &str, answer: &Answer, expected: &[&[&str]]) {
    let mut expected = expected.concat();
    expected.sort_unstable();
    assert_eq!(lines(answer), expected, "{what}");
}

async fn with_uploader() -> (TempDir, Server, Uploader) {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    (folder, server, Uploader::new(&welcome))
}

#[tokio::test]
async fn the_page_runs_its_own_code_and_is_part_of_no_other() {
    let (_folder, server, _ann) = with_uploader().await;
    let mut page = get(&server, "/", "").await;
    // The loader differs from build to build, and where the page was not built there is none.
    let policy = page.headers.get_mut("content-security-policy").unwrap();
    let words = policy
        .split(' ')
        .filter(|word| !word.starts_with("'sha256-"));
    let closed = |word: &str| word.ends_with(';');
    let loaders = policy.matches("'sha256-").count();
    assert!(loaders <= 1, "{policy}");
    let rest = words.collect::<Vec<_>>().join(" ");
    *policy = if policy
        .split(' ')
        .any(|word| word.starts_with("'sha256-") && closed(word))
    {
        rest.replace("'wasm-unsafe-eval'", "'wasm-unsafe-eval';")
    } else {
        rest
    };
    assert_headers(
        "the page",
        &page,
        &[
            CONNECTION,
            &[
                "cache-control: no-cache",
                "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
                 worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
                 font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
                 frame-ancestors 'none'; object-src 'none'",
                "content-type: text/html; charset=utf-8",
                "cross-origin-opener-policy: same-origin",
                "cross-origin-resource-policy: same-origin",
                "etag: \"E\"",
                "referrer-policy: same-origin",
                "vary: Accept-Encoding",
                "x-content-type-options: nosniff",
            ],
        ],
    );
    let html = String::from_utf8(page.body).unwrap().to_lowercase();
    for inline in [
        "<style",
        " style=",
        " onload=",
        " onclick=",
        " onerror=",
        "javascript:",
    ] {
        assert!(!html.contains(inline), "{inline}");
    }
    let missing = get(&server, "/nothing", "").await;
    let text = ["content-type: text/plain; charset=utf-8"];
    assert_headers("no page", &missing, &[CONNECTION, READ_ONLY, &text]);
    let posted = exchange(&server, "POST / HTTP/1.1", b"").await;
    assert_headers(
        "a form",
        &posted,
        &[CONNECTION, READ_ONLY, &text, &["allow: GET, HEAD"]],
    );
    server.stop().await;
}

#[tokio::test]
async fn what_is_read_by_programs_is_never_a_document() {
    let (_folder, server, ann) = with_uploader().await;
    let json = ["cache-control: no-store", "content-type: application/json"];
    let file = ann.upload(&server, "a.txt", None, b"content").await;
    let api = format!("/api/files/{}", file["file_id"].as_str().unwrap());
    let described = get(&server, &api, "").await;
    assert_headers("the API", &described, &[CONNECTION, READ_ONLY, &json]);
    let refused = get(&server, "/api/nothing", "").await;
    assert_headers("a refusal", &refused, &[CONNECTION, READ_ONLY, &json]);
    let foreign = "POST /api/uploads HTTP/1.1\r\norigin: https://evil.example";
    let foreign = exchange(&server, foreign, b"").await;
    assert_eq!(foreign.status, 403);
    assert_headers("another origin", &foreign, &[CONNECTION, READ_ONLY, &json]);
    let text = ["content-type: text/plain; charset=utf-8"];
    for path in ["/health", "/ws"] {
        let answer = get(&server, path, "").await;
        assert_headers(path, &answer, &[CONNECTION, READ_ONLY, &text]);
    }
    let metrics = get(&server, "/metrics", "").await;
    let prometheus = ["content-type: text/plain; version=0.0.4"];
    assert_headers("/metrics", &metrics, &[CONNECTION, READ_ONLY, &prometheus]);
    let browser = get(&server, "/files/none", "accept: text/html").await;
    assert_headers("no file", &browser, &[CONNECTION, READ_ONLY, &text]);
    let program = get(&server, "/files/none", "").await;
    assert_headers("no file", &program, &[CONNECTION, READ_ONLY, &json]);
    server.stop().await;
}

#[tokio::test]
async fn a_file_is_inert_and_alone() {
    let (_folder, server, ann) = with_uploader().await;
    let file = ann
        .upload(&server, "a.html", Some("text/html"), b"<script>1</script>")
        .await;
    let link = file["link"].as_str().unwrap();
    let inert = [
        "accept-ranges: bytes",
        "cache-control: private, max-age=31536000, immutable",
        "content-disposition: attachment; filename=\"a.html\"; filename*=UTF-8''a.html",
        "content-security-policy: default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
        "content-type: application/octet-stream",
        "cross-origin-resource-policy: same-origin",
        "etag: \"E\"",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
    ];
    let whole = get(&server, link, "").await;
    assert_headers("a file", &whole, &[CONNECTION, &inert]);
    let part = get(&server, link, "range: bytes=0-1").await;
    let range = ["content-range: bytes 0-1/18"];
    assert_headers("a part", &part, &[CONNECTION, &inert, &range]);
    let beyond = get(&server, link, "range: bytes=99-").await;
    let range = ["content-range: bytes */18"];
    assert_headers("no part", &beyond, &[CONNECTION, &inert, &range]);
    server.stop().await;
}
