//! Certificates of the operator's, which somebody renews while the server runs.

use std::time::Duration;

use server::config::TlsSource;
use server::{Config, Server};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::peer::config;
use crate::secure::{Operator, lines, shown_by};

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_new_certificate_is_for_new_connections_and_a_broken_one_for_nobody() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::new(&folder);
    let first = operator.renew(&["localhost"]);
    let server = operator.start(&folder).await;
    let mut ann = lines(&server).await;
    ann.claim("Ann").await;
    assert_eq!(shown_by(&server).await, first);
    let second = operator.renew(&["localhost"]);
    timeout(PATIENCE, async {
        while shown_by(&server).await != second {}
    })
    .await
    .unwrap();
    ann.say("still here").await;
    ann.expect("message_accepted").await;

    let good = std::fs::read_to_string(operator.files().certificate).unwrap();
    operator.put("nonsense", "nonsense");
    server.reload_certificate();
    operator.put(&good[..good.len() / 2], "");
    server.reload_certificate();
    std::fs::remove_file(operator.files().key).unwrap();
    server.reload_certificate();
    // What is put in place after it is seen, so the broken ones were as well, or came to nothing.
    let third = operator.renew(&["localhost"]);
    let mut seen = vec![shown_by(&server).await];
    timeout(PATIENCE, async {
        while *seen.last().unwrap() != third {
            seen.push(shown_by(&server).await);
        }
    })
    .await
    .unwrap();
    seen.dedup();
    assert!(seen == [second, third] || seen == [third], "{seen:?}");
    assert_eq!(server.fingerprint(), Some(third));
    server.stop().await;
}

#[tokio::test]
async fn a_server_does_not_start_with_a_certificate_that_cannot_be_used() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::new(&folder);
    let tls = TlsSource::Files(operator.files());
    let start = || {
        let config = Config {
            tls: tls.clone(),
            ..config(&folder)
        };
        async { Server::start(config).await.err().unwrap().to_string() }
    };
    let missing = start().await;
    assert!(missing.contains("certificate.pem"), "{missing}");
    operator.put("nonsense", "nonsense");
    let broken = start().await;
    assert!(broken.contains("no certificate in PEM"), "{broken}");
    // What was begun was ended.
    operator.renew(&["localhost"]);
    operator.start(&folder).await.stop().await;
}
