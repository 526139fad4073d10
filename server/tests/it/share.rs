//! `/share`: the page of a file for people without an account.

use serde_json::json;

use crate::http::{Answer, exchange, get};
use crate::link::{Linked, PASSWORD, basic, bearer};
use crate::peer::Peer;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";
const BROWSER: &str = "user-agent: Mozilla/5.0 (X11)\r\naccept: text/html,*/*;q=0.8";

impl Linked {
    fn page(&self) -> String {
        format!("/share/{}", self.id())
    }

    async fn open(&self, headers: &str) -> Answer {
        get(&self.server, &self.page(), headers).await
    }

    /// What the form sends, percent-encoded.
    async fn submit(&self, form: &str, headers: &str) -> Answer {
        let head = format!(
            "POST {} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n{headers}",
            self.page(),
            form.len()
        );
        exchange(&self.server, &head, form.as_bytes()).await
    }
}

fn text(answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let (start, end) = (
        text.find("<style>").unwrap(),
        text.find("</style>").unwrap(),
    );
    format!("{}{}", &text[..start], &text[end..])
}

/// Where the page's download leads, from the root.
fn download(page: &Answer) -> String {
    let text = text(page);
    let (_, rest) = text.split_once("href=\"..").unwrap();
    rest.split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn a_page_shows_a_file_and_runs_nothing() {
    let mut linked = Linked::new("a & 'b'.png", None, PNG).await;
    let page = linked.open("").await;
    assert_eq!(page.status, 200);
    let says = text(&page);
    for part in [
        "<h1><bdi>a &amp; &#39;b&#39;.png</bdi></h1>",
        "29 bytes, image/png",
        linked.file["content_hash"].as_str().unwrap(),
        "width=\"640\" height=\"480\"",
    ] {
        assert!(says.contains(part), "{part}: {says}");
    }
    assert!(!says.contains("<script") && !says.contains("javascript:"));
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-robots-tag", "noindex"),
        ("set-cookie", ""),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'; style-src 'sha256-",
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("unsafe"));

    // Looking at it is no download.
    let preview = format!("{}?preview", linked.link);
    assert_eq!(get(&linked.server, &preview, "").await.body, PNG);
    assert_eq!(linked.state().await["downloads"], json!(null));
    let saved = get(&linked.server, &download(&page), "").await;
    assert_eq!((saved.status, &saved.body[..]), (200, PNG));
    assert!(
        saved
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(linked.state().await["downloads"], 1);
    let head = format!("HEAD {} HTTP/1.1\r\n", linked.page());
    let head = exchange(&linked.server, &head, b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    linked.server.stop().await;
}

#[tokio::test]
async fn whatever_may_not_be_opened_is_missing_in_the_same_words() {
    let mut linked = Linked::new("secret plan.txt", None, b"text").await;
    let missing = get(&linked.server, "/share/AAAAAAAAAAAAAAAAAAAAAA", "").await;
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("cache-control"), "no-store");
    for odd in [
        "/share",
        "/share/",
        "/share/x",
        "/share/%2e%2e",
        "/share/a/b",
    ] {
        let answer = get(&linked.server, odd, "").await;
        assert_eq!(
            (answer.status, answer.body),
            (404, missing.body.clone()),
            "{odd}"
        );
    }
    for fields in [
        json!({"expires_at_ms": 1}),
        json!({"downloads_left": 0}),
        json!({"access": "members", "without_limit": true}),
        // With a password that nobody is asked for any more.
        json!({"access": "members", "password": PASSWORD}),
        json!({"access": "revoked"}),
    ] {
        linked.change(fields.clone()).await;
        let answer = linked.open("").await;
        assert_eq!(
            (answer.status, answer.body),
            (404, missing.body.clone()),
            "{fields}"
        );
        let submitted = linked.submit("password=open%3A+the+shed", "").await;
        assert_eq!(
            (submitted.status, submitted.body),
            (404, missing.body.clone()),
            "{fields}"
        );
    }
    linked.server.stop().await;
}

#[tokio::test]
async fn a_form_asks_for_the_password_and_its_answer_lets_the_file_be_fetched() {
    let mut linked = Linked::new("secret plan.txt", None, b"the plan").await;
    linked.change(json!({"password": PASSWORD})).await;
    let asked = linked.open("").await;
    assert_eq!(asked.status, 200);
    let says = text(&asked);
    assert!(says.contains("<form method=\"post\">"), "{says}");
    assert!(
        !says.contains("secret plan") && !says.contains("b3sum"),
        "{says}"
    );
    assert_eq!(asked.header("www-authenticate"), "");

    let opened = linked.submit("password=open%3A+the+shed", "").await;
    assert_eq!(opened.status, 200);
    assert!(text(&opened).contains("secret plan.txt"));
    assert!(!text(&opened).contains("og:"));
    assert_eq!(opened.header("set-cookie"), "");
    let path = download(&opened);
    let saved = get(&linked.server, &path, "").await;
    assert_eq!((saved.status, &saved.body[..]), (200, &b"the plan"[..]));
    let part = get(&linked.server, &path, "range: bytes=4-").await;
    assert_eq!((part.status, &part.body[..]), (206, &b"plan"[..]));
    assert_eq!(linked.state().await["downloads"], 1);

    for (form, status) in [
        ("password=wrong+one", 403),
        ("password=", 403),
        ("", 403),
        ("other=open%3A+the+shed", 403),
        ("password=%ff%fe%00", 403),
        // Five are free.
        ("password=another+one", 429),
    ] {
        let refused = linked.submit(form, "").await;
        assert_eq!(refused.status, status, "{form}");
        assert!(text(&refused).contains("role=\"alert\""), "{form}");
        assert!(!text(&refused).contains("secret plan"), "{form}");
        assert_eq!(refused.header("retry-after").is_empty(), status != 429);
    }
    let large = linked.submit(&"x".repeat(20_000), "").await;
    assert_eq!(large.status, 413);
    // A page elsewhere cannot send the form, whose answer it could not read either.
    let foreign = linked
        .submit("password=x", "origin: https://evil.example")
        .await;
    assert_eq!(foreign.status, 403);
    assert!(!String::from_utf8_lossy(&foreign.body).contains("<form"));

    // The pass is of this password.
    linked.change(json!({"password": "another one"})).await;
    assert_eq!(get(&linked.server, &path, "").await.status, 401);
    linked.server.stop().await;
}

#[tokio::test]
async fn a_link_with_a_password_leads_browsers_to_the_form() {
    let mut linked = Linked::new("a.txt", None, b"text").await;
    linked.change(json!({"password": PASSWORD})).await;
    let led = linked.get(BROWSER).await;
    assert_eq!((led.status, led.header("location")), (303, &*linked.page()));
    assert_eq!(led.header("cache-control"), "no-store");
    let opened = linked
        .get(&format!("{BROWSER}\r\n{}", basic(PASSWORD)))
        .await;
    assert_eq!(opened.status, 200);
    let wrong = linked.get(&format!("{BROWSER}\r\n{}", basic("x"))).await;
    assert_eq!(wrong.status, 401);
    linked.server.stop().await;
}

#[tokio::test]
async fn members_see_what_is_theirs_and_are_asked_for_nothing() {
    let mut linked = Linked::new("a.txt", None, b"text").await;
    let mut bob = Peer::tcp(&linked.server).await;
    let as_bob = bearer(&bob.claim("Bob").await);
    linked
        .change(json!({"access": "members", "password": PASSWORD}))
        .await;
    assert_eq!(linked.open(&as_bob).await.status, 404);
    let send = json!({"type": "send_message", "room": "lobby", "attachments": [linked.id()]});
    linked.ann.ask(send).await;
    let page = linked.open(&as_bob).await;
    assert_eq!(page.status, 200);
    assert!(text(&page).contains("a.txt") && !text(&page).contains("og:"));
    linked.server.stop().await;
}

#[tokio::test]
async fn with_a_host_for_files_the_page_is_on_the_pages_and_shows_from_the_other() {
    let with_host = |config: server::Config| server::Config {
        public_url: Some("https://chat.example".parse().unwrap()),
        files_url: Some("https://files.example".parse().unwrap()),
        ..config
    };
    let mut linked = Linked::with(with_host, "a.png", None, PNG).await;
    let page = linked.page();
    let server = &linked.server;
    let ask = async |server: &server::Server, host: &str, path: &str, headers: &str| {
        let head = format!("GET http://{host}{path} HTTP/1.1\r\n{headers}");
        exchange(server, &head, b"").await
    };
    assert_eq!(ask(server, "files.example", &page, "").await.status, 404);
    let shown = ask(server, "chat.example", &page, "").await;
    let policy = shown.header("content-security-policy");
    assert!(
        policy.contains("img-src 'self' https://files.example;"),
        "{policy}"
    );
    assert!(text(&shown).contains("og:image\" content=\"https://chat.example/files/"));

    linked.change(json!({"password": PASSWORD})).await;
    let opened = linked.submit("password=open%3A+the+shed", "").await;
    let path = download(&opened);
    let server = &linked.server;
    let led = ask(server, "chat.example", &path, "").await;
    let there = led.header("location").strip_prefix("https://files.example");
    assert_eq!((led.status, there), (308, Some(&*path)));
    assert_eq!(ask(server, "files.example", &path, "").await.body, PNG);
    // Whoever opens the link itself in a browser is led to the form.
    let link = linked.link.clone();
    let led = ask(server, "files.example", &link, BROWSER).await;
    let form = format!("https://chat.example{page}");
    assert_eq!((led.status, led.header("location")), (303, &*form));
    linked.server.stop().await;
}
