//! Where a request without TLS finds what it asks for.

use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use warp::reply::{Reply as _, Response};

use super::plain;
use crate::config::{Host, Scheme, authority_of};

/// The same address by HTTPS, for a request that came to this port. It has passed the gate, so its host is the
/// server's.
pub(crate) fn redirect<B>(request: &Request<B>, port: u16) -> Response {
    let host = request.headers().get(header::HOST);
    let authority = match (request.uri().authority(), host) {
        (Some(authority), _) => Some(authority.as_str()),
        (None, Some(host)) => host.to_str().ok(),
        (None, None) => None,
    };
    let path = request.uri().path_and_query();
    let location = authority.and_then(authority_of).and_then(|reached_at| {
        let address = address(reached_at, port);
        let path = path.map_or("/", |path| path.as_str());
        HeaderValue::from_str(&format!("{address}{path}")).ok()
    });
    let Some(location) = location else {
        let text = "This port speaks HTTPS only.\n";
        return plain(StatusCode::UPGRADE_REQUIRED, text).into_response();
    };
    let text = "This port speaks HTTPS; begin the address with https://.\n";
    let mut response = plain(StatusCode::PERMANENT_REDIRECT, text).into_response();
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// A host that was reached without a port was reached at that of HTTP. Where that is not where the server listens,
/// somebody passes it on, and HTTPS, if at all, from the usual port as well.
fn address((host, stated): (Host, Option<u16>), port: u16) -> String {
    let host = match host {
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        Host::Address(address) => address.to_string(),
        Host::Name(name) => name,
    };
    let http = Scheme::Http.port();
    let stated = stated.filter(|stated| *stated != http || port == http);
    let port = stated.or((port == http).then_some(http));
    let port = port.filter(|port| *port != Scheme::Https.port());
    port.map_or_else(
        || format!("https://{host}"),
        |port| format!("https://{host}:{port}"),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_its_port_unless_that_is_https_own() {
        for (host, port, location) in [
            ("127.0.0.1:8080", 8080, "https://127.0.0.1:8080/a?b=c"),
            ("[::1]:8080", 8080, "https://[::1]:8080/a?b=c"),
            ("chat.example:9000", 8080, "https://chat.example:9000/a?b=c"),
            ("chat.example", 8080, "https://chat.example/a?b=c"),
            ("chat.example:80", 443, "https://chat.example/a?b=c"),
            ("chat.example:443", 443, "https://chat.example/a?b=c"),
            ("chat.example", 80, "https://chat.example:80/a?b=c"),
        ] {
            let request = Request::get("/a?b=c").header("host", host);
            let response = redirect(&request.body(()).unwrap(), port);
            assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(response.headers()["location"], location);
        }
        let without = Request::get("/").body(()).unwrap();
        let status = redirect(&without, 8080).status();
        assert_eq!(status, StatusCode::UPGRADE_REQUIRED);
    }
}
