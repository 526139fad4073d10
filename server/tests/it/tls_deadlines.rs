//! Who begins a handshake and does not end it is cut off.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::secure;

/// Ten seconds are granted; far more than that would be another deadline, or none.
const DEADLINE: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(18);
/// The beginning of a handshake of 500 bytes.
const BEGUN: &[u8] = &[22, 3, 1, 1, 244, 1, 0, 1, 240, 3, 3];

#[tokio::test]
async fn a_handshake_has_ten_seconds() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let [http, tcp] = [server.http_address(), server.tcp_address()];
    let cut = |address, begin: &'static [u8]| async move {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(address).await.unwrap();
        for byte in begin {
            stream.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let mut said = Vec::new();
        // A reset is an end as well.
        let ended = timeout(LATE, stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "not closed");
        assert_eq!(said, b"", "nothing can be said");
        begun.elapsed()
    };
    let after = tokio::join!(
        cut(http, b""),
        cut(tcp, b""),
        cut(http, BEGUN),
        cut(tcp, BEGUN)
    );
    for after in [after.0, after.1, after.2, after.3] {
        assert!(after >= DEADLINE - Duration::from_secs(1), "{after:?}");
        assert!(after < LATE, "{after:?}");
    }
    server.stop().await;
}
