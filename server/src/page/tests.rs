use hyper::{Response, StatusCode, header};

use super::{Asset, Bytes, Encoding, accepts, respond};

const SCRIPT: Asset = Asset {
    path: "app-1f0c6a3be88d52c9.js",
    content_type: "text/javascript; charset=utf-8",
    immutable: true,
    tag: "0011",
    plain: b"plain plain plain",
    brotli: Some(b"br"),
    gzip: Some(b"gz"),
};

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().expect("headers are text"))
}

#[test]
fn the_best_accepted_encoding_is_sent_and_named() {
    for (accept, body, encoding) in [
        ("gzip, deflate, br, zstd", "br", Some("br")),
        ("gzip, br;q=0", "gz", Some("gzip")),
        ("GZIP;q=0.5", "gz", Some("gzip")),
        ("*", "br", Some("br")),
        ("br; q=0, *;q=0.1", "gz", Some("gzip")),
        ("brotli", "plain plain plain", None),
        ("", "plain plain plain", None),
    ] {
        let response = SCRIPT.response(accept, None, None);
        assert_eq!(response.body(), body, "{accept:?}");
        assert_eq!(
            header(&response, "content-encoding"),
            encoding,
            "{accept:?}"
        );
        assert_eq!(header(&response, "vary"), Some("Accept-Encoding"));
    }
}

#[test]
fn a_file_without_compressed_variants_is_sent_as_it_is() {
    let picture = Asset {
        brotli: None,
        gzip: None,
        ..SCRIPT
    };
    let response = picture.response("br, gzip", None, None);
    assert_eq!(
        (
            response.body().as_ref(),
            header(&response, "content-encoding")
        ),
        (picture.plain, None)
    );
    assert!(accepts("", Encoding::Identity));
}

#[test]
fn a_hashed_file_is_kept_for_good_and_any_other_asked_for_again() {
    assert_eq!(
        header(&SCRIPT.response("", None, None), "cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let index = Asset {
        immutable: false,
        ..SCRIPT
    };
    assert_eq!(
        header(&index.response("", None, None), "cache-control"),
        Some("no-cache")
    );
}

#[test]
fn a_known_tag_is_answered_without_a_body() {
    let first = SCRIPT.response("br", None, None);
    let tag = header(&first, "etag")
        .expect("every file has a tag")
        .to_owned();
    for sent in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let second = SCRIPT.response("br", Some(&sent), None);
        assert_eq!(
            (second.status(), second.body().len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{sent}"
        );
        assert_eq!(header(&second, "etag"), Some(tag.as_str()));
        assert_eq!(header(&second, "content-encoding"), None);
    }
    // The same file in another encoding is another sequence of bytes.
    assert_eq!(
        SCRIPT.response("gzip", Some(&tag), None).status(),
        StatusCode::OK
    );
}

#[test]
fn the_page_is_at_the_root_and_wherever_the_app_has_places() {
    let root = respond("/", None, None, None).expect("there is always a page");
    assert_eq!(root.status(), StatusCode::OK);
    assert_eq!(
        header(&root, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(header(&root, "x-content-type-options"), Some("nosniff"));
    for path in ["/index.html", "/rooms/lobby"] {
        assert_eq!(
            respond(path, None, None, None).expect(path).body(),
            root.body()
        );
    }
    for path in [
        "",
        "index.html",
        "/nothing.js",
        "/../Cargo.toml",
        "//",
        "/index.html/",
        "/.inputs",
    ] {
        assert!(respond(path, None, None, None).is_none(), "{path}");
    }
}

#[test]
fn the_policy_allows_no_inline_code_but_the_loader() {
    let root = respond("/", None, None, None).expect("there is always a page");
    let policy = root
        .headers()
        .get(header::CONTENT_SECURITY_POLICY)
        .expect("the page has a policy")
        .to_str()
        .expect("text");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    let html = String::from_utf8_lossy(root.body());
    let inline = super::embed::inline_scripts(&html).len();
    assert_eq!(policy.matches("'sha256-").count(), inline, "{policy}");
}

#[test]
fn the_page_shows_files_of_their_own_host_and_loads_nothing_else_there() {
    let url = "https://files.example";
    let root = respond("/", None, None, Some(url)).expect("there is always a page");
    let policy = header(&root, "content-security-policy").expect("a policy");
    let with_files: Vec<&str> = policy
        .split("; ")
        .filter(|part| part.ends_with(&format!(" {url}")))
        .filter_map(|part| part.split(' ').next())
        .collect();
    assert_eq!(with_files, ["img-src", "media-src"]);
}
