//! Where a server is.

use std::fmt;
use std::str::FromStr;

/// The port of native clients where none is named.
pub const NATIVE_PORT: u16 = 7878;

/// A host and a port, and perhaps how to get there: `chat.example`, `192.0.2.7:7878`, `chinwags://[::1]:7878`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    pub scheme: Scheme,
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// [`NATIVE_PORT`] unless it was named.
    pub port: u16,
}

/// Whether others may read along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scheme {
    /// With TLS. Without, where the server has none, and is this machine or was reached by `chinwag://` before.
    #[default]
    Unstated,
    /// `chinwag://`: without TLS.
    Plain,
    /// `chinwags://`: with TLS.
    Tls,
}

impl Scheme {
    fn prefix(self) -> &'static str {
        match self {
            Self::Unstated => "",
            Self::Plain => "chinwag://",
            Self::Tls => "chinwags://",
        }
    }
}

/// Why a text is no address; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A link was given.
    #[error(
        "write HOST:PORT without http:// or a path, for example chat.example:7878 or chinwags://chat.example:7878"
    )]
    Link,
    /// Nothing stands before the port.
    #[error("the host is missing; write HOST:PORT, for example 127.0.0.1:7878")]
    NoHost,
    /// What follows the colon is no port.
    #[error("the port must be a number from 1 to 65535, as in 127.0.0.1:7878")]
    Port,
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (scheme, text) = [Scheme::Plain, Scheme::Tls]
            .into_iter()
            .find_map(|scheme| Some((scheme, text.strip_prefix(scheme.prefix())?)))
            .map_or((Scheme::Unstated, text), |(scheme, rest)| {
                (scheme, rest.strip_suffix('/').unwrap_or(rest))
            });
        if text.contains('/') {
            return Err(AddressError::Link);
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (
                host,
                port.strip_prefix(':')
                    .or((!port.is_empty()).then_some(port)),
            ),
            // More than one colon without brackets: an IPv6 address alone.
            None if text.matches(':').count() > 1 => (text, None),
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(AddressError::NoHost);
        }
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port > 0),
            None => Some(NATIVE_PORT),
        };
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port: port.ok_or(AddressError::Port)?,
        })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        f.write_str(scheme.prefix())?;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, shown) in [
            ("chat.example", "chat.example:7878"),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("::1", "[::1]:7878"),
            ("[::1]", "[::1]:7878"),
            ("[::1]:9000", "[::1]:9000"),
            (" localhost ", "localhost:7878"),
            ("chinwag://localhost", "chinwag://localhost:7878"),
            ("chinwags://[::1]:9000/", "chinwags://[::1]:9000"),
        ] {
            let address: ServerAddress = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(address.to_string(), shown);
        }
        for (text, error) in [
            ("http://chat.example", AddressError::Link),
            ("chinwags://chat.example/files/x", AddressError::Link),
            ("chat.example/", AddressError::Link),
            ("chinwag://", AddressError::NoHost),
            ("", AddressError::NoHost),
            (":7878", AddressError::NoHost),
            ("chat example", AddressError::NoHost),
            ("chat.example:", AddressError::Port),
            ("chat.example:0", AddressError::Port),
            ("chat.example:70000", AddressError::Port),
            ("[::1]x", AddressError::Port),
        ] {
            assert_eq!(text.parse::<ServerAddress>(), Err(error), "{text}");
        }
    }
}
