//! A stream whose peer must go on taking what is written to it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::transport::Stream;

/// A peer that takes what waits for it more slowly holds memory for nothing.
const BYTES_PER_SECOND_MIN: u64 = 4 * 1024;

/// A write fails with [`io::ErrorKind::TimedOut`] once the peer, while something waited for it, has taken less than
/// [`BYTES_PER_SECOND_MIN`] for `patience`.
pub(crate) struct Impatient<S = Stream> {
    stream: S,
    patience: Duration,
    /// Runs from when a write has to wait.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Bytes that the peer took meanwhile.
    taken: u64,
}

impl<S> Impatient<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            deadline: None,
            taken: 0,
        }
    }

    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    /// The result of a write, or that the peer is too slow.
    fn judge(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.taken += bytes as u64;
                let enough = self.patience.as_secs_f64() * BYTES_PER_SECOND_MIN as f64;
                if self.taken as f64 >= enough {
                    self.forgive();
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                ready!(self.wait(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    /// Nothing waits any more, or enough was taken of it.
    fn forgive(&mut self) {
        self.deadline = None;
        self.taken = 0;
    }

    /// Ready once patience has ended.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        if self.deadline.is_none() {
            self.taken = 0;
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        deadline.as_mut().poll(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Impatient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Impatient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Ready(flushed) => {
                self.forgive();
                Poll::Ready(flushed)
            }
            Poll::Pending => {
                ready!(self.wait(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_given_up_and_one_that_is_slow_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap());
        let mut peer = peer.await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut impatient = Impatient::new(Stream::from(stream), Duration::from_secs(1));
        let slow = tokio::spawn(async move {
            let mut some = vec![0; 2 << 20];
            for _ in 0..10 {
                sleep(Duration::from_millis(150)).await;
                peer.read_exact(&mut some).await.unwrap();
            }
            peer
        });
        // More than the kernel holds, so that most of it is written while the peer takes.
        impatient.write_all(&vec![7; 20 << 20]).await.unwrap();
        let peer = slow.await.unwrap();
        let given_up = impatient.write_all(&vec![7; 64 << 20]).await;
        assert_eq!(given_up.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(peer);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_little_now_and_then_is_given_up() {
        const PATIENCE: Duration = Duration::from_secs(30);
        // Bytes at once and seconds between, and whether that is enough.
        for (bytes, seconds, goes_on) in [(1, 29, false), (50_000, 29, false), (64_000, 10, true)] {
            let (near, mut far) = tokio::io::duplex(64 * 1024);
            let mut impatient = Impatient::new(near, PATIENCE);
            let taking = tokio::spawn(async move {
                let mut some = vec![0; bytes];
                while far.read_exact(&mut some).await.is_ok() {
                    sleep(Duration::from_secs(seconds)).await;
                }
            });
            let written = impatient.write_all(&vec![7; 1 << 20]).await;
            assert_eq!(written.is_ok(), goes_on, "{bytes} each {seconds} s");
            if goes_on {
                // Whoever has taken all owes nothing, however long nothing is written to them.
                impatient.flush().await.unwrap();
                sleep(PATIENCE * 10).await;
                impatient.write_all(&vec![7; 200_000]).await.unwrap();
            }
            taking.abort();
        }
    }
}
