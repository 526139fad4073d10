//! Files on a host of their own: nothing else is there, and links lead there from everywhere.

use serde_json::json;
use server::{Config, Server};
use tempfile::TempDir;

use crate::http::{Answer, Uploader, get};
use crate::peer::{Peer, config};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

async fn start(folder: &TempDir) -> Server {
    let config = Config {
        public_url: Some("https://chat.example".parse().unwrap()),
        files_url: Some("https://files.example".parse().unwrap()),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// Asks by a request line that names the host, which goes before the `Host` that is sent with it.
async fn ask(server: &Server, method: &str, host: &str, path: &str, headers: &str) -> Answer {
    let head = format!("{method} http://{host}{path} HTTP/1.1\r\n{headers}");
    crate::http::exchange(server, &head, b"").await
}

#[tokio::test]
async fn files_are_on_their_host_and_nothing_else_is() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.claim("Ann").await;
    assert_eq!(welcome["server"]["files_url"], "https://files.example");
    let uploader = Uploader::new(&welcome);
    let file = uploader.upload(&server, "a b.png", None, PNG).await;
    let link = file["link"].as_str().unwrap();
    let api = format!("/api/files/{}", file["file_id"].as_str().unwrap());

    for host in ["files.example", "FILES.example:8443"] {
        let found = ask(&server, "GET", host, link, "").await;
        assert_eq!((found.status, &found.body[..]), (200, PNG), "{host}");
        // The page is on another host, and shows it.
        assert_eq!(found.header("cross-origin-resource-policy"), "cross-origin");
        assert!(found.header("content-security-policy").contains("sandbox"));
        let described = ask(&server, "GET", host, &api, "").await;
        assert_eq!(described.json()["file"], file);
        let posted = ask(&server, "POST", host, link, "").await;
        assert_eq!(posted.status, 405);
        let session = "authorization: Bearer x\r\ncontent-length: 0";
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/index.html"),
            ("GET", "/rooms/lobby"),
            ("GET", "/files"),
            ("GET", "/metrics"),
            ("GET", "/ws"),
            ("GET", "/api/uploads/x"),
            ("POST", "/api/uploads"),
            ("GET", "/FILES/x"),
        ] {
            let answer = ask(&server, method, host, path, session).await;
            assert_eq!(answer.status, 404, "{method} {path} on {host}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
    // No page of the files' host may do anything, should one ever run.
    let origin = "origin: https://files.example\r\ncontent-length: 0";
    let posted = ask(&server, "POST", "chat.example", "/api/uploads", origin).await;
    assert_eq!(posted.status, 403);
    server.stop().await;
}

#[tokio::test]
async fn links_lead_there_from_every_other_host() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let uploader = Uploader::new(&welcome);
    let file = uploader.upload(&server, "a.txt", None, b"text").await;
    let link = file["link"].as_str().unwrap();
    for host in ["chat.example", "localhost", "127.0.0.1:1", "[::1]"] {
        for (method, query) in [("GET", ""), ("HEAD", "?download"), ("GET", "?x=%0d%0a")] {
            let path = format!("{link}{query}");
            let moved = ask(&server, method, host, &path, "").await;
            assert_eq!(moved.status, 308, "{host}");
            let there = format!("https://files.example{path}");
            assert_eq!(moved.header("location"), there);
            assert_eq!(moved.header("cache-control"), "no-store");
        }
        let page = ask(&server, "GET", host, "/", "").await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("img-src 'self' blob: data: https://files.example;"),
            "{policy}"
        );
    }
    // Other names still mean nothing.
    assert_eq!(
        ask(&server, "GET", "evil.example", link, "").await.status,
        421
    );
    // Without such a host they are beside the page.
    server.stop().await;
    let server = crate::peer::start(&folder).await;
    assert_eq!(get(&server, link, "").await.body, b"text");
    let refused = ask(&server, "GET", "files.example", link, "").await;
    assert_eq!(refused.status, 421);
    let body = json!({"name": "a", "size_bytes": 1});
    assert_eq!(
        uploader.post(&server, "/api/uploads", &body).await.status,
        200
    );
    server.stop().await;
}
