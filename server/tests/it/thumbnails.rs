//! Thumbnails by a file's link: who gets them, what comes of images that nobody can draw, and where they are kept.

use std::fs;
use std::io::{Cursor, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb};
use serde_json::{Value, json};
use server::{Config, Server};
use tempfile::TempDir;

use crate::http::{Answer, Uploader, exchange, get};
use crate::operator::run;
use crate::peer::{Peer, config};

const PROGRAM: &str = env!("CARGO_BIN_EXE_chinwag-server");

async fn start(folder: &TempDir, thumbnailer: &str) -> Server {
    let config = Config {
        thumbnailer: Some(thumbnailer.into()),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// A program that draws nothing, and says in `log` that it was started.
fn script(folder: &TempDir, then: &str) -> (String, PathBuf) {
    let (program, log) = (folder.path().join("program"), folder.path().join("log"));
    let text = format!("#!/bin/sh\necho started >> {}\n{then}\n", log.display());
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    (program.to_str().unwrap().to_owned(), log)
}

/// As noisy as a photo, so that no thumbnail is as large as the file.
fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    let image = ImageBuffer::from_fn(width, height, |x, y| {
        Rgb([(x / 4) as u8, (y / 4) as u8, random.u8(..)])
    });
    let mut png = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgb8(image);
    image.write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

async fn thumbnail(server: &Server, file: &Value, pixels: &str, headers: &str) -> Answer {
    let link = file["link"].as_str().unwrap();
    get(server, &format!("{link}?thumbnail={pixels}"), headers).await
}

fn size(answer: &Answer) -> (u32, u32) {
    let image = image::load_from_memory(&answer.body).unwrap();
    (image.width(), image.height())
}

/// What there is of thumbnails in the folder of files.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    };
    let folders = entries(&folder.join("uploads/thumbnails"));
    folders.iter().flat_map(|folder| entries(folder)).collect()
}

#[tokio::test]
async fn a_thumbnail_is_served_as_the_file_is() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, PROGRAM).await;
    let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let image = photo(1200, 600);
    let file = ann.upload(&server, "a photo.png", None, &image).await;
    let all = ["480", "480", "960", "480"].map(|pixels| thumbnail(&server, &file, pixels, ""));
    let all = futures_util::future::join_all(all).await;
    let sizes: Vec<_> = all.iter().map(size).collect();
    assert_eq!(sizes, [(480, 240), (480, 240), (960, 480), (480, 240)]);
    let small = &all[0];
    assert!(small.body == all[3].body && small.body.len() < image.len() / 4);
    assert_eq!(small.header("content-type"), "image/jpeg");
    assert!(small.header("cache-control").contains("immutable"));
    let disposition = small.header("content-disposition");
    assert!(disposition.starts_with("inline; filename=\"a photo-480.jpg\""));
    assert!(small.header("content-security-policy").contains("sandbox"));

    let etag = small.header("etag").to_owned();
    let hash = file["content_hash"].as_str().unwrap();
    assert_eq!(etag, format!("\"480-{hash}\""));
    assert_eq!(all[2].header("etag"), format!("\"960-{hash}\""));
    let known = thumbnail(&server, &file, "480", &format!("if-none-match: {etag}")).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let whole = format!("if-none-match: \"{hash}\"");
    assert_eq!(thumbnail(&server, &file, "480", &whole).await.status, 200);
    let part = thumbnail(&server, &file, "480", "range: bytes=1-3").await;
    assert_eq!((part.status, &part.body[..]), (206, &small.body[1..4]));
    let head = format!(
        "HEAD {}?thumbnail=480 HTTP/1.1",
        file["link"].as_str().unwrap()
    );
    let head = exchange(&server, &head, b"").await;
    assert_eq!(head.header("content-length"), small.body.len().to_string());

    for other in ["481", "", "0", "99999999999", "480px", "-480"] {
        let refused = thumbnail(&server, &file, other, "").await;
        assert_eq!(
            (refused.status, &*refused.code()),
            (400, "invalid_argument")
        );
    }
    assert_eq!(kept(folder.path()).len(), 2);
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn who_may_not_open_the_file_gets_no_thumbnail_of_it() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, PROGRAM).await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.claim("Ann").await;
    let eve = Peer::tcp(&server).await.claim("Eve").await;
    let uploader = Uploader::new(&welcome);
    let file = uploader
        .upload(&server, "a.png", None, &photo(600, 600))
        .await;
    let bearer = |welcome: &Value| {
        let token = welcome["session_token"].as_str().unwrap();
        format!("authorization: Bearer {token}")
    };
    let change = |fields: Value| {
        let mut request =
            json!({"type": "change_link", "file_id": file["file_id"], "access": "anyone"});
        let fields = fields.as_object().unwrap().clone();
        request.as_object_mut().unwrap().extend(fields);
        request
    };
    let link = file["link"].as_str().unwrap();
    assert_eq!(thumbnail(&server, &file, "480", "").await.status, 200);
    let limited = ann.ask(change(json!({"downloads_left": 1}))).await;
    assert!(limited["link"]["downloads"].is_null(), "it is no download");
    let hers = thumbnail(&server, &file, "480", &bearer(&welcome)).await;
    assert_eq!(hers.status, 200, "no limit is for her");
    for _ in 0..2 {
        let refused = thumbnail(&server, &file, "480", "").await;
        assert_eq!((refused.status, &*refused.code()), (404, "no_thumbnail"));
    }
    assert_eq!(get(&server, link, "").await.status, 200);
    let elsewhere = "x-forwarded-for: 192.0.2.7";
    let refused = thumbnail(&server, &file, "480", elsewhere).await;
    assert_eq!(refused.code(), "file_not_found", "nothing is left");

    ann.ask(change(
        json!({"without_limit": true, "password": "open sesame 7"}),
    ))
    .await;
    assert_eq!(thumbnail(&server, &file, "480", "").await.status, 401);
    ann.ask(change(
        json!({"without_password": true, "access": "members"}),
    ))
    .await;
    for stranger in [String::new(), bearer(&eve)] {
        let refused = thumbnail(&server, &file, "480", &stranger).await;
        assert_eq!((refused.status, &*refused.code()), (404, "file_not_found"));
    }
    let hers = thumbnail(&server, &file, "480", &bearer(&welcome)).await;
    assert_eq!(hers.header("cache-control"), "private, no-cache");
    assert_eq!(size(&hers), (480, 480));
    ann.ask(change(json!({"access": "revoked"}))).await;
    let refused = thumbnail(&server, &file, "480", &bearer(&welcome)).await;
    assert_eq!(refused.code(), "file_not_found");
    server.stop().await;
}

/// A PNG that claims to have 50,000 × 50,000 pixels.
fn bomb() -> Vec<u8> {
    let header = b"\0\0\0\rIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x02\0\0\0\xc4\xcd\xaa\x9d";
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        header,
        b"\0\0\0\0IDAT\x35\xaf\x06\x1e",
    ]
    .concat()
}

#[tokio::test]
async fn what_cannot_be_drawn_is_refused_and_hurts_nobody() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, PROGRAM).await;
    let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let photo = photo(700, 500);
    let noise: Vec<u8> = (0..40_000).map(|_| fastrand::u8(..)).collect();
    let tiny = {
        let mut png = Cursor::new(Vec::new());
        let image = DynamicImage::new_rgb8(9, 9);
        image.write_to(&mut png, ImageFormat::Png).unwrap();
        png.into_inner()
    };
    for (what, content) in [
        ("a bomb", bomb()),
        ("one that is cut off", photo[..photo.len() / 2].to_vec()),
        ("a head and noise", [&photo[..40], &noise].concat()),
        ("noise", noise),
        ("text", b"no image".to_vec()),
        ("nothing", Vec::new()),
        ("one that is smaller than its thumbnail", tiny),
    ] {
        let file = ann.upload(&server, "a.png", None, &content).await;
        for _ in 0..2 {
            let refused = thumbnail(&server, &file, "480", "").await;
            assert_eq!(
                (refused.status, &*refused.code()),
                (404, "no_thumbnail"),
                "{what}"
            );
            assert_eq!(refused.header("cache-control"), "no-store");
        }
        assert_eq!(
            get(&server, file["link"].as_str().unwrap(), "")
                .await
                .status,
            200
        );
    }
    let file = ann.upload(&server, "b.png", None, &photo).await;
    assert_eq!(
        size(&thumbnail(&server, &file, "480", "").await),
        (480, 342)
    );
    assert_eq!(kept(folder.path()).len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_drawn_of_what_the_disk_has_lost() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, PROGRAM).await;
    let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let image = image::load_from_memory(&photo(700, 500)).unwrap();
    let mut jpeg = Cursor::new(Vec::new());
    image.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let mut bytes = jpeg.into_inner();
    let file = ann.upload(&server, "a.jpg", None, &bytes).await;
    // A JPEG can be decoded all the same.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let hash = file["content_hash"].as_str().unwrap();
    let path = folder.path().join("uploads").join(&hash[..2]).join(hash);
    fs::write(path, &bytes).unwrap();
    assert_eq!(
        thumbnail(&server, &file, "480", "").await.code(),
        "no_thumbnail"
    );
    assert_eq!(kept(folder.path()).len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn what_went_wrong_is_not_tried_again_at_every_request() {
    for then in ["exit 1", "kill -9 $$", "printf 'no image'"] {
        let folder = TempDir::new().unwrap();
        let (program, log) = script(&folder, then);
        let server = start(&folder, &program).await;
        let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
        let file = ann.upload(&server, "a.png", None, &photo(50, 50)).await;
        let all = (0..20).map(|_| thumbnail(&server, &file, "480", ""));
        let all = futures_util::future::join_all(all).await;
        assert!(all.iter().all(|answer| answer.code() == "no_thumbnail"));
        let again = thumbnail(&server, &file, "480", "").await;
        assert_eq!(again.code(), "no_thumbnail");
        assert_eq!(fs::read_to_string(log).unwrap(), "started\n", "{then}");
        server.stop().await;
    }
}

#[tokio::test]
async fn where_no_program_draws_there_are_none() {
    for program in ["/nowhere/at/all", "/dev/null"] {
        let folder = TempDir::new().unwrap();
        let server = start(&folder, program).await;
        let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
        let file = ann.upload(&server, "a.png", None, &photo(50, 50)).await;
        let refused = thumbnail(&server, &file, "480", "").await;
        assert_eq!(refused.code(), "no_thumbnail");
        server.stop().await;
    }
}

/// What the system knows of a process.
fn proc_of(process: u32, name: &str) -> String {
    let read = fs::read(format!("/proc/{process}/{name}")).unwrap();
    String::from_utf8(read).unwrap()
}

/// The numbers under which a process has files open.
fn open_files(process: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let number = |entry: fs::DirEntry| entry.file_name().to_str().unwrap().parse().unwrap();
    entries.map(|entry| number(entry.unwrap())).collect()
}

/// Whether whoever started the process left it a file under this number, which every process that it starts has then.
fn is_inherited(process: u32, number: u32) -> bool {
    const CLOSED_AT_EXEC: u32 = 0o2_000_000;
    let Ok(info) = fs::read_to_string(format!("/proc/{process}/fdinfo/{number}")) else {
        return false;
    };
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = u32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
    flags & CLOSED_AT_EXEC == 0
}

#[test]
fn the_process_that_draws_has_nothing() {
    let _listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Command::new(PROGRAM)
        .args(["draw-thumbnail", "480"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let process = child.id();
    // It has set its limits once it waits for the image; until then it is another program, or the same without them.
    let patience = Instant::now() + Duration::from_secs(20);
    while !proc_of(process, "limits").contains("Max open files            0") {
        assert!(child.try_wait().unwrap().is_none());
        assert!(Instant::now() < patience, "it has not set its limits");
        std::thread::sleep(Duration::from_millis(1));
    }
    let limits = proc_of(process, "limits");
    for (limit, value) in [
        ("Max cpu time", "10"),
        ("Max address space", "671088640"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max open files", "0"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        let values: Vec<&str> = line[limit.len()..].split_whitespace().collect();
        assert_eq!(values[..2], [value, value], "{line}");
    }
    assert_eq!(proc_of(process, "environ"), "");
    let own = std::process::id();
    for number in open_files(process) {
        assert!(
            number <= 2 || is_inherited(own, number),
            "{number} is open as well"
        );
    }
    let stat = proc_of(process, "stat");
    let fields = stat.rsplit_once(") ").unwrap().1;
    assert_eq!(fields.split(' ').nth(16), Some("19"), "niceness in {stat}");
    assert_eq!(proc_of(process, "oom_score_adj"), "1000\n");

    // It works all the same.
    let mut image = child.stdin.take().unwrap();
    image.write_all(&photo(600, 300)).unwrap();
    drop(image);
    let drawn = child.wait_with_output().unwrap();
    assert!(drawn.status.success());
    let thumbnail = image::load_from_memory(&drawn.stdout).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (480, 240));
}
