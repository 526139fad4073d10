//! Browsers' sessions: a cookie that no script reads and no other page can use.

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tungstenite::client::IntoClientRequest as _;

use crate::account::{PASSWORD, Signed, sign_in, sign_up};
use crate::http::{Answer, exchange};
use crate::peer::{Peer, config};

async fn start(folder: &TempDir) -> Server {
    let config = Config {
        registration: Some(Registration::Open),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

fn origin(server: &Server) -> String {
    format!("origin: http://{}\r\n", server.http_address())
}

async fn request(server: &Server, line: &str, headers: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let length = format!("content-length: {}", body.len());
    let head = format!("{line} HTTP/1.1\r\n{headers}{length}");
    exchange(server, &head, body.as_bytes()).await
}

/// Signs in as a page does; the cookie without its attributes.
async fn open(server: &Server, credentials: Value) -> (Answer, String) {
    let body = json!({"credentials": credentials, "client": {"name": "chinwag-web"}});
    let answer = request(server, "POST /api/session", &origin(server), &body).await;
    let cookie = answer.header("set-cookie").split(';').next();
    let cookie = format!("cookie: {}\r\n", cookie.unwrap_or_default());
    (answer, cookie)
}

/// A WebSocket with these headers; `None` where it is refused.
async fn websocket(server: &Server, headers: &[(&'static str, String)]) -> Option<Peer> {
    let stream = TcpStream::connect(server.http_address()).await.unwrap();
    let url = format!("ws://{}/ws", server.http_address());
    let mut request = url.into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let opened = tokio_tungstenite::client_async(request, stream).await;
    Some(Peer::WebSocket(Box::new(opened.ok()?.0)))
}

#[tokio::test]
async fn a_browser_signs_in_uploads_talks_and_signs_out_by_its_cookie() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (opened, cookie) = open(&server, sign_up("Ann", None)).await;
    assert_eq!(opened.status, 200);
    assert_eq!(opened.json()["person"]["name"], "Ann");
    assert_eq!(opened.json()["role"], "member");
    let set = opened.header("set-cookie");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age="] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        set.starts_with("chinwag_") && !set.contains("Secure"),
        "{set}"
    );
    let token = set.split(['=', ';']).nth(1).unwrap();
    let body = String::from_utf8(opened.body.clone()).unwrap();
    assert!(!body.contains(token), "no script is told the token");

    let described = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!(described.json(), opened.json());
    let page = cookie.clone() + &origin(&server);
    let begin = json!({"name": "a.txt", "size_bytes": 5});
    let begun = request(&server, "POST /api/uploads", &page, &begin).await;
    assert_eq!(begun.status, 200);

    let value = cookie.trim().strip_prefix("cookie: ").unwrap().to_owned();
    let origin_value = format!("http://{}", server.http_address());
    let headers = [("cookie", value.clone()), ("origin", origin_value)];
    let mut peer = websocket(&server, &headers).await.unwrap();
    let welcome = peer.enter(&json!({"type": "session_cookie"})).await;
    assert_eq!(welcome["person"]["name"], "Ann", "{welcome}");
    assert_eq!(welcome["session_token"], Value::Null);
    assert_eq!(welcome["session_id"], opened.json()["session_id"]);

    let closed = request(&server, "DELETE /api/session", &page, &Value::Null).await;
    assert_eq!(closed.status, 200);
    assert!(closed.header("set-cookie").contains("Max-Age=0"));
    peer.expect("session_ended").await;
    assert_eq!(peer.read().await, None);
    let gone = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!((gone.status, &*gone.code()), (401, "invalid_token"));
    // Once more, as the reply may have been lost.
    let again = request(&server, "DELETE /api/session", &page, &Value::Null).await;
    assert_eq!(again.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_guest_in_a_browser_makes_an_account_and_stays_who_they_are() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (guest, cookie) = open(&server, json!({"type": "claim_name", "name": "Ann"})).await;
    assert_eq!(guest.json()["role"], "guest");
    let body = json!({"credentials": sign_up("Ann", None)});
    // Another page cannot make one of the guest.
    let alone = request(&server, "POST /api/session", &cookie, &body).await;
    assert_eq!(alone.code(), "name_taken");
    let page = cookie.clone() + &origin(&server);
    let opened = request(&server, "POST /api/session", &page, &body).await;
    assert_eq!(opened.status, 200);
    assert_eq!(opened.json()["role"], "member");
    for same in ["person", "session_id"] {
        assert_eq!(opened.json()[same], guest.json()[same]);
    }
    let described = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!(described.json()["role"], "member");
    // From elsewhere by the password.
    let (other, _) = open(&server, sign_in("Ann", PASSWORD)).await;
    assert_eq!(other.json()["person"], guest.json()["person"]);
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_whose_session_has_ended_is_good_for_no_account_either() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (_, cookie) = open(&server, json!({"type": "claim_name", "name": "Ann"})).await;
    let page = cookie.clone() + &origin(&server);
    let ended = request(&server, "DELETE /api/session", &page, &Value::Null).await;
    assert_eq!(ended.status, 200);
    let body = json!({"credentials": sign_up("Bob", None)});
    let opened = request(&server, "POST /api/session", &page, &body).await;
    assert_eq!(opened.json()["person"]["name"], "Bob");
    let described = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!(
        described.code(),
        "invalid_token",
        "whoever kept the old one"
    );
    server.stop().await;
}

#[tokio::test]
async fn no_other_page_can_use_a_browsers_cookie() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (_, cookie) = open(&server, sign_up("Ann", None)).await;
    let begin = json!({"name": "a.txt", "size_bytes": 5});
    let port = server.http_address().port();
    for (origin, status) in [
        ("origin: https://evil.example\r\n".to_owned(), 403),
        ("origin: null\r\n".to_owned(), 403),
        (format!("origin: http://127.0.0.1:{}\r\n", port ^ 1), 403),
        (format!("origin: http://localhost:{port}\r\n"), 403),
        // Nothing that sends cookies by itself leaves it out.
        (String::new(), 401),
    ] {
        let headers = cookie.clone() + &origin;
        for (line, body) in [
            ("POST /api/uploads", &begin),
            ("DELETE /api/session", &Value::Null),
        ] {
            let refused = request(&server, line, &headers, body).await;
            assert_eq!(refused.status, status, "{line} {origin}");
        }
        let value = cookie.trim().strip_prefix("cookie: ").unwrap().to_owned();
        let mut sent = vec![("cookie", value)];
        if let Some(origin) = origin.trim().strip_prefix("origin: ") {
            sent.push(("origin", origin.to_owned()));
        }
        if let Some(mut peer) = websocket(&server, &sent).await {
            let refusal = peer.enter(&json!({"type": "session_cookie"})).await;
            assert_eq!(refusal["code"], "not_signed_in", "{origin}");
        }
    }
    // Nor sign a browser in as somebody else.
    let body = json!({"credentials": sign_in("Ann", PASSWORD)});
    let evil = "origin: https://evil.example\r\n";
    let refused = request(&server, "POST /api/session", evil, &body).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("set-cookie"), "");
    let goes_on = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!(goes_on.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_session_is_no_session_in_a_browser_either() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (_, cookie) = open(&server, sign_up("Ann", None)).await;
    for (credentials, status, code) in [
        (sign_in("Ann", "wrong horse"), 401, "wrong_credentials"),
        (json!({"type": "session_cookie"}), 401, "not_signed_in"),
        (
            json!({"type": "session_token", "token": "x\r\ny"}),
            401,
            "invalid_token",
        ),
        (json!({"type": "of_tomorrow"}), 400, "invalid_argument"),
        (sign_up("Ann", None), 409, "name_taken"),
    ] {
        let (refused, _) = open(&server, credentials.clone()).await;
        assert_eq!(
            (refused.status, &*refused.code()),
            (status, code),
            "{credentials}"
        );
        assert_eq!(refused.header("set-cookie"), "");
    }
    let changed = cookie.replace('=', "=x");
    let none = ["", "cookie: a=b\r\n", &changed];
    for (cookie, code) in none
        .into_iter()
        .zip(["not_signed_in", "not_signed_in", "invalid_token"])
    {
        let refused = request(&server, "GET /api/session", cookie, &Value::Null).await;
        assert_eq!((refused.status, &*refused.code()), (401, code));
    }
    // A session that a program began moves into the browser.
    let bob = Signed::up(&server, "Bob", None).await;
    let (moved, cookie) = open(&server, crate::account::by_token(&bob.welcome)).await;
    assert_eq!(moved.json()["session_id"], *bob.session());
    let described = request(&server, "GET /api/session", &cookie, &Value::Null).await;
    assert_eq!(described.json()["person"]["name"], "Bob");
    server.stop().await;
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_tls_alone() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        registration: Some(Registration::Open),
        public_url: Some("https://chat.example".parse().unwrap()),
        ..config(&folder)
    };
    let server = Server::start(config).await.unwrap();
    let body = json!({"credentials": sign_up("Ann", None)});
    let origin = "origin: https://chat.example\r\n";
    let opened = request(&server, "POST /api/session", origin, &body).await;
    assert!(opened.header("set-cookie").ends_with("; Secure"));
    server.stop().await;
}
