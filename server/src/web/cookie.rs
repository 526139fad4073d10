//! The cookie that holds a browser's session, which no script can read.

use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderValue};
use shared::{RoomId, SessionToken};

/// As long as browsers keep cookies at most (RFC 6265bis, section 5.5).
const MAX_AGE_SECONDS: u32 = 400 * 24 * 3600;

/// What the cookie is called. Browsers do not tell cookies of different ports apart, so that servers on one machine
/// need different names.
#[derive(Debug, Clone)]
pub(crate) struct CookieName(String);

impl CookieName {
    pub(crate) fn of(lobby: RoomId) -> Self {
        let hash = blake3::hash(lobby.as_bytes()).to_hex();
        Self(format!("chinwag_{}", &hash[..12]))
    }

    /// The token that the request's cookie holds.
    pub(super) fn token<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, _)| *name == self.0)
            .map(|(_, token)| token)
    }

    /// As [`Self::token`], where the request may change something: only where a browser says for which page it is sent,
    /// which the gate has looked at.
    pub(super) fn token_of<'a>(&self, method: &Method, headers: &'a HeaderMap) -> Option<&'a str> {
        let is_read = method == Method::GET || method == Method::HEAD;
        let is_checked = is_read && !headers.contains_key(header::UPGRADE)
            || headers.contains_key(header::ORIGIN);
        self.token(headers).filter(|_| is_checked)
    }

    /// The header that lets a browser keep the token, for as long as it may.
    pub(super) fn keep(&self, token: &SessionToken, is_tls: bool) -> Option<HeaderValue> {
        self.cookie(&token.reveal(), MAX_AGE_SECONDS, is_tls)
    }

    /// The header that makes a browser forget it.
    pub(super) fn forget(&self, is_tls: bool) -> Option<HeaderValue> {
        self.cookie("", 0, is_tls)
    }

    fn cookie(&self, value: &str, max_age: u32, is_tls: bool) -> Option<HeaderValue> {
        let secure = if is_tls { "; Secure" } else { "" };
        let text = format!(
            "{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}",
            self.0
        );
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        let values = cookies
            .iter()
            .map(|cookie| (header::COOKIE, HeaderValue::from_static(cookie)));
        values.collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let name = CookieName("chinwag_0".to_owned());
        for (cookies, token) in [
            (&["chinwag_0=t"][..], Some("t")),
            (&["a=b; chinwag_0=t ; c"], Some("t")),
            (&["a=b", "chinwag_0=t"], Some("t")),
            (&["chinwag_00=t; xchinwag_0=t; chinwag_0"], None),
            (&[], None),
        ] {
            assert_eq!(name.token(&headers(cookies)), token, "{cookies:?}");
        }
    }

    #[test]
    fn only_a_page_may_change_something_by_cookie() {
        let name = CookieName("chinwag_0".to_owned());
        let mut headers = headers(&["chinwag_0=t"]);
        assert_eq!(name.token_of(&Method::GET, &headers), Some("t"));
        assert_eq!(name.token_of(&Method::POST, &headers), None);
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        assert_eq!(name.token_of(&Method::GET, &headers), None);
        headers.insert(header::ORIGIN, HeaderValue::from_static("http://here"));
        assert_eq!(name.token_of(&Method::GET, &headers), Some("t"));
        assert_eq!(name.token_of(&Method::POST, &headers), Some("t"));
    }
}
