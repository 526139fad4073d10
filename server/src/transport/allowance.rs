//! The stream below a WebSocket, which gives out no more of an unfinished message than there is a place for. So no
//! number of peers makes the server hold more payloads than it has room for.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::limits::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CLIENT_LINE_BYTES_MAX};

use super::Stream;
use crate::payloads::{self, Place};

/// Free for every message: a line.
const FREE_BYTES: usize = CLIENT_LINE_BYTES_MAX + 1024;
/// The first place of a larger one has room for the chunks of files up to 4 GiB, the second for all others.
const PLACES_BYTES: [u32; 2] = [CHUNK_BYTES_MIN, CHUNK_BYTES_MAX];

/// The stream as tungstenite takes it: whatever would wait is an error instead.
pub(super) struct Allowance {
    pub(super) stream: Stream,
    /// Bytes read since the last message.
    unfinished: usize,
    /// Where `unfinished` has to stop for now.
    limit: usize,
    /// Of all bytes ever.
    read_bytes: u64,
    /// Of a message that is larger than a line. Boxed, so that an idle connection has no room for it.
    places: Option<Box<Places>>,
}

#[derive(Default)]
struct Places {
    taken: Vec<Place>,
    waiting: Option<BoxFuture<'static, Place>>,
}

impl Allowance {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            unfinished: 0,
            limit: FREE_BYTES,
            read_bytes: 0,
            places: None,
        }
    }

    pub(super) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The message is whole; with its last byte its places are free again.
    pub(super) fn finish(&mut self, message: Bytes) -> Bytes {
        self.unfinished = 0;
        self.limit = FREE_BYTES;
        match self.places.take() {
            Some(places) => payloads::hold(message, places.taken),
            None => message,
        }
    }

    /// Ready when more can be read.
    pub(super) fn poll_read_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unfinished < self.limit {
            return self.stream.poll_read_ready(cx);
        }
        let places = self.places.get_or_insert_default();
        let bytes = PLACES_BYTES[places.taken.len().min(PLACES_BYTES.len() - 1)];
        let waiting = places
            .waiting
            .get_or_insert_with(|| Place::incoming(bytes).boxed());
        let place = ready!(waiting.poll_unpin(cx));
        places.waiting = None;
        places.taken.push(place);
        self.limit += bytes as usize;
        Poll::Ready(Ok(()))
    }
}

impl io::Read for Allowance {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.limit - self.unfinished;
        if left == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let all = buffer.len();
        let read = self.stream.try_read(&mut buffer[..all.min(left)])?;
        self.unfinished += read;
        self.read_bytes += read as u64;
        Ok(read)
    }
}

impl io::Write for Allowance {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.try_write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::Read as _;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    impl Allowance {
        fn taken(&self) -> usize {
            self.places.as_ref().map_or(0, |places| places.taken.len())
        }
    }

    /// Reads until there is nothing more to be had without waiting for a place.
    async fn read_all(allowance: &mut Allowance, expected: usize) -> usize {
        let (mut all, mut piece) = (0, vec![0; 1 << 16]);
        while all < expected {
            match allowance.read(&mut piece) {
                Ok(read) => all += read,
                Err(_) if allowance.unfinished == allowance.limit => break,
                Err(_) => poll_fn(|cx| allowance.poll_read_ready(cx)).await.unwrap(),
            }
        }
        all
    }

    #[tokio::test]
    async fn an_unfinished_message_stops_where_its_places_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap());
        let mut peer = peer.await.unwrap();
        let mut allowance = Allowance::new(listener.accept().await.unwrap().0.into());
        let all = FREE_BYTES + CHUNK_BYTES_MIN as usize + 5;
        let writes = tokio::spawn(async move { peer.write_all(&vec![1; all]).await });
        assert_eq!(read_all(&mut allowance, all).await, FREE_BYTES);
        poll_fn(|cx| allowance.poll_read_ready(cx)).await.unwrap();
        let second = read_all(&mut allowance, all).await;
        assert_eq!(second, CHUNK_BYTES_MIN as usize);
        poll_fn(|cx| allowance.poll_read_ready(cx)).await.unwrap();
        assert_eq!(read_all(&mut allowance, 5).await, 5);
        writes.await.unwrap().unwrap();
        assert_eq!((allowance.taken(), allowance.read_bytes()), (2, all as u64));
        allowance.finish(Bytes::new());
        assert_eq!((allowance.taken(), allowance.limit), (0, FREE_BYTES));
    }
}
