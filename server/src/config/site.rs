//! Addresses of web sites: as operators write them, and as browsers state them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// Where browsers find this server, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    text: String,
    origin: Origin,
}

/// Where files are, on a host of their own, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FilesUrl(PublicUrl);

/// Scheme, host and port of an address: what browsers tell pages apart by (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// A host as it stands in addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// Cannot be made to mean another machine.
    Address(IpAddr),
    /// In lower case, without a dot at the end; means what some name server says.
    Name(String),
}

impl PublicUrl {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The origin of the pages there.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl FromStr for PublicUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let url = text.trim().trim_end_matches('/');
        let (scheme, rest) = split(url).ok_or_else(|| no_address(text))?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let unfit = |c: char| c.is_whitespace() || c.is_control() || "\"<>?#@\\".contains(c);
        if path.contains(unfit) {
            return Err(no_address(text));
        }
        Ok(Self {
            text: url.to_owned(),
            origin: origin(scheme, authority, text)?,
        })
    }
}

impl FilesUrl {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name that means files and nothing else.
    pub(crate) fn host(&self) -> &Host {
        &self.0.origin.host
    }
}

impl FromStr for FilesUrl {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let url: PublicUrl = text.parse()?;
        let has_path = split(&url.text).is_some_and(|(_, rest)| rest.contains('/'));
        match url.origin.host {
            Host::Name(_) if !has_path => Ok(Self(url)),
            Host::Name(_) | Host::Address(_) => Err(format!(
                "{text} is not the address of a host with a name of its own, such as https://files.example"
            )),
        }
    }
}

impl Origin {
    /// What an `Origin` header states, `None` where no browser would put it so.
    pub(crate) fn stated(text: &str) -> Option<Self> {
        let (scheme, authority) = split(text)?;
        let is_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        (!is_upper).then(|| Self::of(scheme, authority)).flatten()
    }

    fn of(scheme: Scheme, authority: &str) -> Option<Self> {
        let (host, port) = authority_of(authority)?;
        let port = port.unwrap_or(scheme.port());
        Some(Self { scheme, host, port })
    }
}

impl FromStr for Origin {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let url = text.trim();
        let (scheme, rest) = split(url).ok_or_else(|| no_address(text))?;
        origin(scheme, rest.strip_suffix('/').unwrap_or(rest), text)
    }
}

impl Scheme {
    /// Where the address names none.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

impl Host {
    /// `None` where it cannot be one, and for numbers in other forms than browsers send.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        let is_label = |label: &str| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            !label.is_empty() && label.len() <= 63 && label.bytes().all(fits)
        };
        let last = text.rsplit('.').next()?;
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
        let fits = text.len() <= 253 && text.split('.').all(is_label) && !is_number;
        fits.then(|| Self::Name(text.to_ascii_lowercase()))
    }
}

/// Host and port of `HOST[:PORT]`, as in a `Host` header.
pub(crate) fn authority_of(text: &str) -> Option<(Host, Option<u16>)> {
    let host_ends = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, port) = text.split_at(host_ends);
    let port = match port.strip_prefix(':') {
        Some(digits) => {
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let port = digits.parse().ok().filter(|port| *port > 0);
            Some(port.filter(|_| is_plain && !digits.starts_with('0'))?)
        }
        None if port.is_empty() => None,
        None => return None,
    };
    Some((Host::parse(host)?, port))
}

/// The scheme, and what comes behind `://`.
fn split(url: &str) -> Option<(Scheme, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Some((Scheme::Http, rest)),
        "https" => Some((Scheme::Https, rest)),
        _other => None,
    }
}

fn origin(scheme: Scheme, authority: &str, text: &str) -> Result<Origin, String> {
    if !authority.is_ascii() {
        return Err(format!(
            "{text}: write the name as browsers send it, beginning with xn--"
        ));
    }
    Origin::of(scheme, authority).ok_or_else(|| no_address(text))
}

fn no_address(text: &str) -> String {
    format!("{text} is not an address such as https://chat.example")
}

impl TryFrom<String> for PublicUrl {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for FilesUrl {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl TryFrom<String> for Origin {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_one_that_links_can_follow() {
        for (text, url) in [
            ("https://chat.example/", "https://chat.example"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            (" https://example/chat ", "https://example/chat"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), url);
        }
        for text in [
            "",
            "chat.example",
            "https://",
            "ftp://x",
            "http:///x",
            "http://a b",
            "https://a?b",
            "https://a/x?b",
            "https://ann@a",
            "https://a:port",
            "javascript:alert(1)",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
        let within: PublicUrl = "https://Example/chat".parse().unwrap();
        assert_eq!(*within.origin(), "https://example:443".parse().unwrap());
    }

    #[test]
    fn files_have_a_whole_host_with_a_name() {
        let files: FilesUrl = "https://Files.example:8443/".parse().unwrap();
        assert_eq!(files.as_str(), "https://Files.example:8443");
        assert_eq!(*files.host(), Host::Name("files.example".to_owned()));
        for text in [
            "files.example",
            "https://files.example/x",
            "http://127.0.0.1:8080",
            "http://[::1]",
        ] {
            assert!(text.parse::<FilesUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_has_one_meaning_however_an_operator_writes_it() {
        let same = |a: &str, b: &str| a.parse::<Origin>().unwrap() == b.parse().unwrap();
        assert!(same("HTTPS://Chat.Example/", "https://chat.example:443"));
        assert!(same("http://[0:0::1]", "http://[::1]:80"));
        assert!(!same("http://a:443", "https://a"));
        for text in [
            "*",
            "null",
            "https://*.example",
            "https://chat.example/page",
            "https://chat.example.",
            "https://a..b",
            "https://:80",
            "https://a:",
            "https://a:0",
            "https://a:080",
            "https://a:+80",
            "https://a:65536",
            "https://a:1:2",
            "https://[::1",
            "https://[::1]x",
            "https://[fe80::1%25eth0]",
            "https://::1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f000001",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        let error = "https://bücher.example".parse::<Origin>().unwrap_err();
        assert!(error.contains("xn--"), "{error}");
    }
}
