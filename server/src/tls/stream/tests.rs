use std::time::Duration;

use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream as ClientStream;

use super::*;

type Client = ClientStream<TcpStream>;

/// The sizes of what lies on this side.
impl TlsStream {
    fn held(&self) -> (usize, usize, usize) {
        (
            self.incoming.capacity(),
            self.plain.capacity(),
            self.outgoing.capacity(),
        )
    }
}

fn configs(versions: &[&'static rustls::SupportedProtocolVersion]) -> (ServerConfig, ClientConfig) {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().der().clone();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (server, client)
}

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (accepted.unwrap().0, client.unwrap())
}

async fn pair() -> (TlsStream, Client) {
    let (server, client) = configs(&[&rustls::version::TLS13]);
    pair_by(server, client).await
}

async fn pair_by(server: ServerConfig, client: ClientConfig) -> (TlsStream, Client) {
    let (accepted, connected) = sockets().await;
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(client));
    let (server, client) = tokio::join!(
        TlsStream::accept(accepted, Arc::new(server)),
        connector.connect(name, connected)
    );
    (server.unwrap(), client.unwrap())
}

async fn read_some(stream: &mut TlsStream, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.try_read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll_fn(|cx| stream.poll_read_ready(cx)).await?;
            }
            read => return read,
        }
    }
}

async fn write_all(stream: &mut TlsStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                poll_fn(|cx| stream.poll_write_ready(cx)).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn all_that_is_written_arrives_in_both_versions_and_both_directions() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let (server, client) = configs(&[version]);
        let (mut server, client) = pair_by(server, client).await;
        let sent: Vec<u8> = (0..3 << 20).map(|_| fastrand::u8(..)).collect();
        let (mut reader, mut writer) = tokio::io::split(client);
        let (expected, echoed) = (sent.clone(), sent.clone());
        let writing = tokio::spawn(async move {
            writer.write_all(&echoed).await.unwrap();
            writer.shutdown().await.unwrap();
        });
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).await.unwrap();
            assert!(all == expected);
        });
        let (mut all, mut buffer) = (Vec::new(), vec![0; 100_000]);
        loop {
            // Less than a record and more than one, by turns.
            let size = if all.len() % 2 == 0 { 1000 } else { 99_999 };
            match read_some(&mut server, &mut buffer[..size]).await.unwrap() {
                0 => break,
                read => all.extend_from_slice(&buffer[..read]),
            }
        }
        assert!(all == sent);
        // It is closed in one direction only.
        write_all(&mut server, &all).await;
        poll_fn(|cx| server.poll_shutdown(cx)).await.unwrap();
        writing.await.unwrap();
        reading.await.unwrap();
    }
}

#[tokio::test]
async fn an_idle_stream_holds_no_buffers() {
    let (mut server, mut client) = pair().await;
    client.write_all(&[7; 40_000]).await.unwrap();
    let (mut all, mut buffer) = (0, [0; 1000]);
    while all < 40_000 {
        all += read_some(&mut server, &mut buffer).await.unwrap();
    }
    write_all(&mut server, &[8; 40_000]).await;
    client.read_exact(&mut vec![0; 40_000]).await.unwrap();
    poll_fn(|cx| server.poll_flush(cx)).await.unwrap();
    assert_eq!(server.held(), (0, 0, 0));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_costs_a_piece_at_most_and_gets_it_later() {
    let (mut server, mut client) = pair().await;
    let much = vec![9; 32 << 20];
    let taken = server.try_write(&much).unwrap();
    assert!(taken < much.len() && !server.is_flushed());
    assert!(server.outgoing.len() <= WRITE_BYTES_MAX + 5 * RECORD_OVERHEAD_BYTES);
    let refused = server.try_write(&much).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    // Waiting for something to read is enough for it to go out.
    let mut buffer = [0; 10];
    let (read, ()) = tokio::join!(read_some(&mut server, &mut buffer), async {
        client.read_exact(&mut vec![0; taken]).await.unwrap();
        client.write_all(b"thanks").await.unwrap();
    });
    assert_eq!(&buffer[..read.unwrap()], b"thanks");
    assert_eq!(server.held(), (0, 0, 0));
}

#[tokio::test]
async fn a_batch_is_one_write() {
    let (mut server, client) = pair().await;
    let (tcp, _) = client.into_inner();
    // Tickets come first.
    while tcp.try_read(&mut vec![0; 1 << 20]).is_ok() {}
    assert_eq!(server.try_write(&[1; 60_000]).unwrap(), 60_000);
    tcp.readable().await.unwrap();
    let mut bytes = vec![0; 1 << 20];
    let first = tcp.try_read(&mut bytes).unwrap();
    assert!(first > 60_000, "{first} bytes came at once");
}

#[tokio::test]
async fn an_end_without_a_goodbye_is_an_error() {
    let (mut server, client) = pair().await;
    let (mut tcp, _) = client.into_inner();
    tcp.shutdown().await.unwrap();
    let error = read_some(&mut server, &mut [0; 10]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn what_is_damaged_on_the_way_is_refused_with_an_alert() {
    let (mut server, client) = pair().await;
    let (mut tcp, mut connection) = client.into_inner();
    let mut record = Vec::new();
    std::io::Write::write_all(&mut connection.writer(), b"hello").unwrap();
    connection.write_tls(&mut record).unwrap();
    let last = record.len() - 1;
    record[last] ^= 1;
    tcp.write_all(&record).await.unwrap();
    let error = read_some(&mut server, &mut [0; 10]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    // Nothing more can be said, and saying it does no harm.
    assert_eq!(read_some(&mut server, &mut [0; 10]).await.unwrap(), 0);
    assert!(server.try_write(b"hello").is_err());
    poll_fn(|cx| server.poll_shutdown(cx)).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    connection.read_tls(&mut &answer[..]).unwrap();
    let told = connection.process_new_packets().unwrap_err();
    assert_eq!(
        told,
        rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac)
    );
}

#[tokio::test]
async fn who_speaks_no_tls_is_refused() {
    let (accepted, mut connected) = sockets().await;
    let (server, _) = configs(&[&rustls::version::TLS13]);
    connected
        .write_all(b"{\"type\":\"hello\"}\n")
        .await
        .unwrap();
    let accepting = TlsStream::accept(accepted, Arc::new(server));
    let accepted = timeout(Duration::from_secs(20), accepting).await.unwrap();
    let error = accepted.err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

/// A stream whose peer has said `last`, in `pieces` of a record each, and is gone without taking what waits for it.
async fn gone(last: &[u8], pieces: usize, says_goodbye: bool) -> TlsStream {
    let (mut server, mut client) = pair().await;
    server.try_write(&vec![9; 32 << 20]).unwrap();
    assert!(!server.is_flushed());
    for piece in last.chunks(last.len() / pieces) {
        client.write_all(piece).await.unwrap();
    }
    if says_goodbye {
        client.shutdown().await.unwrap();
    }
    // What it has not read makes this a reset, after which nothing goes out.
    drop(client);
    let failed = poll_fn(|cx| server.poll_flush(cx)).await;
    assert!(failed.is_err());
    server
}

#[tokio::test]
async fn the_last_words_of_a_peer_that_takes_no_more_are_read() {
    for (pieces, room) in [(1, 10_000), (1, 100), (5, 10_000), (5, 100)] {
        let last: Vec<u8> = (0..10_000).map(|_| fastrand::u8(..)).collect();
        let mut server = gone(&last, pieces, true).await;
        let (mut all, mut buffer) = (Vec::new(), vec![0; room]);
        while all.len() < last.len() {
            match read_some(&mut server, &mut buffer).await.unwrap() {
                0 => break,
                read => all.extend_from_slice(&buffer[..read]),
            }
        }
        assert!(
            all == last,
            "{pieces}, {room}: {} of {}",
            all.len(),
            last.len()
        );
        assert_eq!(read_some(&mut server, &mut buffer).await.unwrap(), 0);
    }
    // Without a goodbye, it is an error after that.
    let mut server = gone(b"last", 1, false).await;
    let mut buffer = [0; 10];
    let read = read_some(&mut server, &mut buffer).await.unwrap();
    assert_eq!(&buffer[..read], b"last");
    assert!(read_some(&mut server, &mut buffer).await.is_err());
}
