//! Several files as one archive, as Python and `unzip` take it.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::arrivals::{Sending, accepted, send, signed_in};
use crate::http::{Answer, Uploader, bytes, exchange, get, open_connections};
use crate::peer::start;

const MIB: usize = 1 << 20;
/// Whoever may read no more is cut off by then.
const AT_ONCE: Duration = Duration::from_secs(2);

async fn zip(server: &Server, who: &Value, query: &str) -> Answer {
    let head = Uploader::new(who).head("GET", &format!("/api/zip?{query}"), "");
    exchange(server, &head, b"").await
}

fn query(files: &[Value]) -> String {
    let ids = files
        .iter()
        .map(|file| format!("file={}", file["file_id"].as_str().unwrap()));
    ids.collect::<Vec<_>>().join("&")
}

/// Names and contents of an archive, as Python has them; `unzip` must agree.
fn unpack(folder: &TempDir, answer: &Answer) -> Vec<(String, Vec<u8>)> {
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    assert_eq!(answer.header("content-type"), "application/zip");
    assert_eq!(
        answer.header("content-length"),
        answer.body.len().to_string()
    );
    let path = folder.path().join("got.zip");
    std::fs::write(&path, &answer.body).unwrap();
    let tested = Command::new("unzip")
        .arg("-tq")
        .arg(&path)
        .output()
        .unwrap();
    assert!(tested.status.success(), "{tested:?}");
    let program = "import sys, zipfile, os\n\
        z = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
        for at, i in enumerate(z.infolist()):\n    print(i.filename)\n    open(f'{sys.argv[1]}.{at}', 'wb').write(z.read(i))";
    let mut python = Command::new("python3");
    python
        .env("PYTHONIOENCODING", "utf-8")
        .args(["-c", program])
        .arg(&path);
    let told = python.output().unwrap();
    assert!(told.status.success(), "{told:?}");
    let names = String::from_utf8(told.stdout).unwrap();
    let content = |at| std::fs::read(format!("{}.{at}", path.display())).unwrap();
    names
        .lines()
        .enumerate()
        .map(|(at, name)| (name.to_owned(), content(at)))
        .collect()
}

#[tokio::test]
async fn files_come_as_one_archive() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let uploader = Uploader::new(&as_ann);
    let contents = [
        ("Zoë's plan 漢字.txt", b"plan".to_vec()),
        ("../../etc/passwd", b"hostile".to_vec()),
        ("film.mp4", bytes(3 * MIB + 7)),
        ("FILM.mp4", bytes(MIB)),
        ("empty", Vec::new()),
    ];
    let mut files = Vec::new();
    for (name, content) in &contents {
        files.push(uploader.upload(&server, name, None, content).await);
    }
    let twice = format!("{}&{}&name=all%20of%20it", query(&files), query(&files));
    let answer = zip(&server, &as_ann, &twice).await;
    let names = [
        "Zoë's plan 漢字.txt",
        "__.._etc_passwd",
        "film.mp4",
        "FILM (2).mp4",
        "empty",
    ];
    let unpacked = unpack(&folder, &answer);
    assert_eq!(unpacked.len(), contents.len());
    for ((name, content), (expected, (_, sent))) in unpacked.iter().zip(names.iter().zip(&contents))
    {
        assert_eq!(name, expected);
        assert!(content == sent, "{name}");
    }
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment; filename=\"all of it.zip\"")
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let head = uploader.head("HEAD", &format!("/api/zip?{}", query(&files)), "");
    let told = exchange(&server, &head, b"").await;
    assert_eq!(told.header("content-length"), answer.body.len().to_string());

    let ids: Vec<&Value> = files[1..3].iter().map(|file| &file["file_id"]).collect();
    let sequence = accepted(&mut ann, send("lobby", "", &ids)).await;
    let (_, as_bob) = signed_in(&server, "Bob").await;
    let answer = zip(&server, &as_bob, &format!("message=lobby/{sequence}")).await;
    let unpacked = unpack(&folder, &answer);
    assert_eq!(
        unpacked.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
        names[1..3]
    );
    let name = format!("filename=\"lobby-{sequence}.zip\"");
    assert!(answer.header("content-disposition").contains(&name));
    server.stop().await;
}

#[tokio::test]
async fn nobody_gets_by_an_archive_what_they_may_not_open() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let (_, as_bob) = signed_in(&server, "Bob").await;
    let uploader = Uploader::new(&as_ann);
    let open = uploader.upload(&server, "open.txt", None, b"open").await;
    let closed = uploader
        .upload(&server, "closed.txt", None, b"closed")
        .await;
    let members = json!({"type": "change_link", "file_id": closed["file_id"], "access": "members"});
    ann.ask(members).await;
    ann.ask(json!({"type": "create_room", "name": "den"})).await;
    let sequence = accepted(&mut ann, send("den", "", &[&closed["file_id"]])).await;
    let both = query(&[open.clone(), closed.clone()]);
    let refused = zip(&server, &as_bob, &both).await;
    assert_eq!((refused.status, &*refused.code()), (404, "file_not_found"));
    assert_eq!(refused.json()["details"]["file_id"], closed["file_id"]);
    assert_eq!(
        unpack(&folder, &zip(&server, &as_ann, &both).await).len(),
        2
    );
    let nobody = get(&server, &format!("/api/zip?{both}"), "").await;
    assert_eq!(nobody.status, 401);

    let coming = Sending::begin(&mut ann, "a.bin", bytes(MIB)).await;
    let later = accepted(&mut ann, send("lobby", "", &[&coming.file_id])).await;
    let thousand: Vec<Value> = (0..1001)
        .map(|at| json!({"file_id": format!("{at:021}A")}))
        .collect();
    for (query, status, code) in [
        (String::new(), 400, "invalid_argument"),
        ("name=x".to_owned(), 400, "invalid_argument"),
        ("file=x".to_owned(), 404, "file_not_found"),
        ("message=lobby".to_owned(), 400, "invalid_argument"),
        ("message=lobby/-1".to_owned(), 400, "invalid_argument"),
        (
            "message=lobby/18446744073709551615".to_owned(),
            404,
            "not_found",
        ),
        ("message=lobby/0".to_owned(), 404, "not_found"),
        ("message=nowhere/1".to_owned(), 404, "room_not_found"),
        (format!("message=den/{sequence}"), 403, "not_a_member"),
        (format!("message=lobby/{later}"), 409, "file_arriving"),
        (query(&thousand), 400, "invalid_argument"),
    ] {
        let refused = zip(&server, &as_bob, &query).await;
        assert_eq!(
            (refused.status, &*refused.code()),
            (status, code),
            "{query}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn an_archive_ends_where_its_reader_may_read_no_more() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let (mut bob, as_bob) = signed_in(&server, "Bob").await;
    let uploader = Uploader::new(&as_ann);
    let mut files = Vec::new();
    ann.ask(json!({"type": "create_room", "name": "den"})).await;
    bob.ask(json!({"type": "join_room", "room": "den"})).await;
    for _ in 0..3 {
        let file = uploader
            .upload(&server, "a.bin", None, &bytes(12 * MIB))
            .await;
        accepted(&mut ann, send("den", "", &[&file["file_id"]])).await;
        ann.ask(json!({"type": "change_link", "file_id": file["file_id"], "access": "members"}))
            .await;
        files.push(file);
    }
    let whole = zip(&server, &as_bob, &query(&files)).await.body.len();
    let begin = async |who: &Value, files: &[Value]| {
        let address = server.http_address();
        let head = Uploader::new(who).head("GET", &format!("/api/zip?{}", query(files)), "");
        let head = format!(
            "{}\r\nhost: {address}\r\nconnection: close\r\n\r\n",
            head.trim_end()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.read_exact(&mut [0; 4096]).await.unwrap();
        stream
    };
    let rest = async |mut stream: TcpStream| {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest.len() + 4096
    };
    // One of a later file, then the room.
    let (gone, stays) = (begin(&as_bob, &files).await, begin(&as_ann, &files).await);
    let revoke =
        json!({"type": "change_link", "file_id": files[2]["file_id"], "access": "revoked"});
    ann.ask(revoke).await;
    assert!(
        (24 * MIB..whole).contains(&rest(gone).await),
        "two of three"
    );
    drop(stays);
    files.pop();
    let before = open_connections(&server).await;
    let gone = begin(&as_bob, &files).await;
    bob.ask(json!({"type": "leave_room", "room": "den"})).await;
    let left = Instant::now();
    // He takes nothing meanwhile.
    while open_connections(&server).await > before {
        assert!(left.elapsed() < AT_ONCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(rest(gone).await < 12 * MIB);
    server.stop().await;
}
