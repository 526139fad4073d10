//! Names that would break out of a folder, a header or a line are stored repaired and served safely.

use tempfile::TempDir;

use crate::http::{Uploader, get};
use crate::peer::{Peer, start};

#[tokio::test]
async fn hostile_names_are_repaired_and_served_safely() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let ann = Uploader::new(&welcome);
    let long = "x".repeat(4000);
    for name in [
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "a\0b",
        "a\r\nset-cookie: stolen=1",
        "a\"; filename=\"b.exe",
        "photo\u{202E}gpj.exe",
        "",
        "..",
        &long,
        "Zoë's 50% off; #1?.txt",
        "日本語.txt",
        "CON",
        "%2e%2e%2f",
    ] {
        let file = ann.upload(&server, name, None, name.as_bytes()).await;
        let stored = file["name"].as_str().unwrap();
        assert!(!stored.is_empty() && stored.len() <= 255, "{name:?}");
        let is_bad = |c: char| c.is_control() || "/\\\u{202E}".contains(c);
        assert!(
            !stored.contains(is_bad) && !stored.starts_with('.'),
            "{stored:?}"
        );
        let link = file["link"].as_str().unwrap();
        assert!(link.is_ascii() && link.matches('/').count() == 3, "{link}");

        let answer = get(&server, link, "").await;
        assert_eq!((answer.status, &answer.body[..]), (200, name.as_bytes()));
        assert_eq!(answer.header("set-cookie"), "");
        let disposition = answer.header("content-disposition");
        assert!(disposition.is_ascii(), "{disposition}");
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
        let (_, encoded) = disposition.split_once("filename*=UTF-8''").unwrap();
        let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8();
        assert_eq!(decoded.unwrap(), stored);
    }
    let outside = std::fs::read_dir(folder.path()).unwrap();
    let mut outside: Vec<_> = outside.map(|it| it.unwrap().file_name()).collect();
    outside.sort();
    assert_eq!(outside, ["data", "uploads"]);
    server.stop().await;
}
