//! Files by their link: ranges, conditions, and the headers that keep an uploaded page from running.

use serde_json::Value;
use server::Server;
use tempfile::TempDir;

use crate::http::{Uploader, bytes, exchange, get};
use crate::peer::{Peer, start};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

async fn with_uploader() -> (TempDir, Server, Uploader) {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    (folder, server, Uploader::new(&welcome))
}

fn link(file: &Value) -> &str {
    file["link"].as_str().unwrap()
}

#[tokio::test]
async fn a_link_gives_the_whole_a_range_or_nothing_new() {
    let (_folder, server, ann) = with_uploader().await;
    let content = bytes((2 << 20) + 77);
    let file = ann.upload(&server, "a.bin", None, &content).await;
    let hash = file["content_hash"].as_str().unwrap();
    assert_eq!(hash, blake3::hash(&content).to_hex().as_str());

    let whole = get(&server, link(&file), "").await;
    assert_eq!((whole.status, whole.body == content), (200, true));
    assert_eq!(whole.header("content-length"), content.len().to_string());
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let etag = whole.header("etag").to_owned();
    assert_eq!(etag, format!("\"{hash}\""));

    let part = get(&server, link(&file), "range: bytes=1048570-1048585").await;
    assert_eq!(
        (part.status, &part.body[..]),
        (206, &content[1_048_570..1_048_586])
    );
    assert_eq!(
        part.header("content-range"),
        format!("bytes 1048570-1048585/{}", content.len())
    );
    let tail = get(&server, link(&file), "range: bytes=-5").await;
    assert_eq!(tail.body, content[content.len() - 5..]);
    let resumed = format!("range: bytes=2097152-\r\nif-range: {etag}");
    assert_eq!(
        get(&server, link(&file), &resumed).await.body,
        content[2 << 20..]
    );
    let another = "range: bytes=5-6\r\nif-range: \"another\"";
    assert_eq!(get(&server, link(&file), another).await.status, 200);
    let several = get(&server, link(&file), "range: bytes=0-1,5-6").await;
    assert_eq!((several.status, several.body.len()), (200, content.len()));

    let beyond = get(&server, link(&file), "range: bytes=9999999-").await;
    assert_eq!((beyond.status, beyond.body.len()), (416, 0));
    assert_eq!(
        beyond.header("content-range"),
        format!("bytes */{}", content.len())
    );
    let known = get(&server, link(&file), &format!("if-none-match: {etag}")).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(known.header("etag"), etag);

    let head = format!("HEAD {} HTTP/1.1\r\nrange: bytes=0-1", link(&file));
    let head = exchange(&server, &head, b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), content.len().to_string());
    let post = exchange(&server, &format!("POST {} HTTP/1.1", link(&file)), b"").await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    server.stop().await;
}

#[tokio::test]
async fn the_id_alone_leads_to_the_file_and_no_other_does() {
    let (_folder, server, ann) = with_uploader().await;
    let file = ann.upload(&server, "a.bin", None, b"content").await;
    let id = file["file_id"].as_str().unwrap();
    for path in [format!("/files/{id}"), format!("/files/{id}/other/name?x")] {
        assert_eq!(get(&server, &path, "").await.body, b"content", "{path}");
    }
    let wrong = "/files/AAAAAAAAAAAAAAAAAAAAAA/a.bin";
    for path in [
        wrong,
        "/files/",
        "/files/short",
        "/files/..%2f..%2fetc/passwd",
    ] {
        let missing = get(&server, path, "").await;
        assert_eq!(
            (missing.status, missing.code().as_str()),
            (404, "file_not_found")
        );
    }
    let browser = get(&server, wrong, "accept: text/html").await;
    assert_eq!(browser.header("content-type"), "text/plain; charset=utf-8");
    let described = get(&server, &format!("/api/files/{id}"), "").await.json();
    assert_eq!(described["file"], file);
    assert_eq!(described["layout"]["size_bytes"], 7);
    assert_eq!(described["chunk_hashes"][0], file["content_hash"]);
    server.stop().await;
}

#[tokio::test]
async fn an_uploaded_page_cannot_run_here() {
    let (_folder, server, ann) = with_uploader().await;
    let html = b"<!DOCTYPE html><script>alert(1)</script>";
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (name, said, content) in [
        ("page.html", "text/html", &html[..]),
        ("page.png", "image/png", html),
        ("page.xhtml", "application/xhtml+xml", svg),
        ("image.svg", "image/svg+xml", svg),
        ("notes.txt", "text/plain", b"only <b>text".as_slice()),
    ] {
        let file = ann.upload(&server, name, Some(said), content).await;
        for query in ["", "?inline"] {
            let answer = get(&server, &format!("{}{query}", link(&file)), "").await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
            assert!(!policy.contains("allow-scripts"));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
            let shown = answer.header("content-disposition").starts_with("inline");
            assert_eq!(
                shown,
                said == "text/plain" && query == "?inline",
                "{name}{query}"
            );
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn images_are_shown_and_saved_where_that_is_asked_for() {
    let (_folder, server, ann) = with_uploader().await;
    let file = ann.upload(&server, "a b.png", None, PNG).await;
    assert_eq!(file["media_type"], "image/png");
    assert_eq!(
        file["image"],
        serde_json::json!({"width": 640, "height": 480})
    );
    let shown = get(&server, link(&file), "").await;
    assert_eq!(shown.header("content-type"), "image/png");
    assert!(shown.header("cache-control").contains("immutable"));
    assert_eq!(
        shown.header("content-disposition"),
        "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"
    );
    let saved = get(&server, &format!("{}?download", link(&file)), "").await;
    assert!(
        saved
            .header("content-disposition")
            .starts_with("attachment")
    );
    server.stop().await;
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let (_folder, server, ann) = with_uploader().await;
    let file = ann.upload(&server, "empty", None, b"").await;
    assert_eq!(file["content_hash"], blake3::hash(b"").to_hex().as_str());
    let whole = get(&server, link(&file), "").await;
    assert_eq!((whole.status, whole.header("content-length")), (200, "0"));
    let range = get(&server, link(&file), "range: bytes=0-").await;
    assert_eq!(
        (range.status, range.header("content-range")),
        (416, "bytes */0")
    );
    server.stop().await;
}
