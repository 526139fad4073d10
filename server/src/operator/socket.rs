//! Where a running server hears its operator: a socket in the data folder, for the user that the server runs as and for
//! root alone.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use shared::limits::CLIENT_LINE_BYTES_MAX;
use shared::{ErrorCode, ErrorReply, ServerFrame, codec};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{OperatorReply, OperatorRequest};
use crate::administration::Administration;

/// In the data folder.
const SOCKET_FILE: &str = "admin.sock";
/// A command asks at once, and reads at once.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET_FILE)
}

/// Open from its making to its end.
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Left behind it would be refused, and replaced by the next server.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Socket {
    /// Opens it in a data folder whose lock is held, so that one which is there is left over.
    pub(crate) fn open(data_dir: &Path) -> io::Result<Self> {
        let path = socket_path(data_dir);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        let socket = Self { listener, path };
        std::fs::set_permissions(&socket.path, Permissions::from_mode(0o600))?;
        Ok(socket)
    }

    /// Answers whoever may ask, for as long as it is polled.
    pub(crate) async fn serve(self, administration: Administration) {
        let mut asking = JoinSet::new();
        loop {
            let accepted = self.listener.accept().await;
            while asking.try_join_next().is_some() {}
            match accepted {
                // Before its permissions were set, others may have connected.
                Ok((stream, _)) if is_operator(&stream) => {
                    let administration = administration.clone();
                    asking.spawn(async move {
                        if let Err(error) = answer(stream, &administration).await {
                            tracing::debug!(%error, "an operator's command left");
                        }
                    });
                }
                Ok(_) => tracing::warn!("somebody else's program asked as the operator"),
                Err(error) => {
                    tracing::warn!(%error, "could not accept an operator's command");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

/// Whether the peer runs as the server does, or as root.
fn is_operator(stream: &UnixStream) -> bool {
    let own = rustix::process::geteuid().as_raw();
    stream
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == own || peer.uid() == 0)
}

async fn answer(stream: UnixStream, administration: &Administration) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let limit = CLIENT_LINE_BYTES_MAX as u64;
        timeout(
            PATIENCE,
            (&mut read).take(limit).read_until(b'\n', &mut line),
        )
        .await??;
        if line.is_empty() {
            return Ok(());
        }
        let answer = match serde_json::from_slice::<OperatorRequest>(&line) {
            Ok(request) => request.answer(administration).await,
            Err(error) => {
                let refusal = ErrorReply::new(ErrorCode::MalformedFrame, error.to_string());
                OperatorReply {
                    reply: ServerFrame::Error(refusal),
                    origin: administration.origin.clone(),
                }
            }
        };
        timeout(PATIENCE, write.write_all(&codec::encode_line(&answer))).await??;
    }
}
