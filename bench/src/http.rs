//! As much of an HTTP/1.1 client as the rows need: requests with a known length over a connection that is kept.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Bodies are taken in pieces of at most this many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// A connection to a server.
pub(crate) struct Http {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    /// Lines that go with every request, each with its end.
    headers: String,
}

/// The beginning of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    length: u64,
}

impl Http {
    /// Connects. `headers` are lines that go with every request, each ending in `\r\n`.
    pub(crate) fn connect(address: SocketAddr, headers: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(PIECE_BYTES, stream),
            address,
            headers: headers.to_owned(),
        })
    }

    /// Sends a request with these parts as its body and returns the body of the answer.
    pub(crate) fn request(&mut self, method: &str, path: &str, body: &[&[u8]]) -> Result<Vec<u8>> {
        let length = body.iter().map(|part| part.len() as u64).sum();
        self.begin(method, path, length, "")?;
        for part in body {
            self.stream.get_mut().write_all(part)?;
        }
        self.answer()
    }

    /// Sends the beginning of a request whose body of that length is then written by [`Self::write`]. `extra` are
    /// lines for this request alone.
    pub(crate) fn begin(
        &mut self,
        method: &str,
        path: &str,
        length: u64,
        extra: &str,
    ) -> Result<()> {
        let (address, headers) = (self.address, &self.headers);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n{headers}{extra}\r\n"
        );
        Ok(self.stream.get_mut().write_all(head.as_bytes())?)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(bytes)?)
    }

    /// The body of the answer to what was sent.
    pub(crate) fn answer(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        self.receive(|piece| body.extend_from_slice(piece))?;
        Ok(body)
    }

    /// Fetches and hands the body to `take` as it comes. Returns its length in bytes.
    pub(crate) fn fetch(&mut self, path: &str, take: impl FnMut(&[u8])) -> Result<u64> {
        self.begin("GET", path, 0, "")?;
        self.receive(take)
            .with_context(|| format!("fetching {path}"))
    }

    fn receive(&mut self, mut take: impl FnMut(&[u8])) -> Result<u64> {
        let head = read_head(&mut self.stream)?;
        if !(200..300).contains(&head.status) {
            let mut said = String::new();
            self.stream
                .by_ref()
                .take(head.length.min(1_000))
                .read_to_string(&mut said)?;
            bail!("the answer was {}: {said}", head.status);
        }
        let mut left = head.length;
        while left > 0 {
            let piece = self.stream.fill_buf()?;
            ensure!(
                !piece.is_empty(),
                "the connection ended with {left} bytes missing"
            );
            let taken = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            take(&piece[..taken]);
            self.stream.consume(taken);
            left -= taken as u64;
        }
        Ok(head.length)
    }
}

fn read_head(stream: &mut impl std::io::BufRead) -> Result<Head> {
    let mut line = String::new();
    ensure!(
        stream.read_line(&mut line)? > 0,
        "the server closed the connection"
    );
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("no HTTP answer: {line:?}"))?;
    let mut length = None;
    loop {
        line.clear();
        ensure!(
            stream.read_line(&mut line)? > 0,
            "the answer ends in its headers"
        );
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = Some(value.trim().parse()?);
            }
            Some(_) => {}
            None => break,
        }
    }
    // 201 and 204 may come without; nothing else that is asked for here may.
    let length = match (status, length) {
        (_, Some(length)) => length,
        (201 | 204, None) => 0,
        (_, None) => bail!("the answer {status} does not state its length"),
    };
    Ok(Head { status, length })
}

/// Whether the server answers its health check.
pub(crate) fn is_healthy(address: SocketAddr) -> bool {
    Http::connect(address, "")
        .and_then(|mut http| http.request("GET", "/health", &[]))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read() {
        let head = |text: &str| read_head(&mut text.as_bytes());
        let ok = head("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 12\r\n\r\nbody").unwrap();
        assert_eq!((ok.status, ok.length), (200, 12));
        assert_eq!(head("HTTP/1.1 201 Created\r\n\r\n").unwrap().length, 0);
        assert!(head("HTTP/1.1 200 OK\r\n\r\n").is_err(), "no length");
        assert!(head("HTTP/1.1 200 OK\r\n").is_err(), "cut");
        assert!(head("").is_err());
        assert!(head("SSH-2.0-x\r\n\r\n").is_err());
    }
}
