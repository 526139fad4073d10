//! A command's line to the database: its own, or that of the server which has it open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use shared::{ErrorReply, ServerFrame};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

use super::{OperatorReply, OperatorRequest, socket_path};
use crate::Config;
use crate::administration::Administration;
use crate::config::TlsSource;
use crate::hub::Hub;
use crate::listen::origin;
use crate::metrics::Metrics;
use crate::store::{OpenError, Store, database_path};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("there is no database at {}; --data-dir names the folder of the database", .0.display())]
    NoDatabase(PathBuf),
    #[error(
        "{} is in use by a server that does not answer at {}; try again, or stop that server", data_dir.display(),
        socket.display()
    )]
    NoAnswer { data_dir: PathBuf, socket: PathBuf },
    #[error(transparent)]
    Open(OpenError),
    #[error("the server left before it answered ({0}); look whether it was done")]
    Left(io::Error),
    #[error("the server's answer cannot be understood; is it of this version?")]
    Strange,
    #[error(transparent)]
    Refused(#[from] ErrorReply),
}

pub(crate) enum Line {
    /// No server runs.
    Own(Box<Administration>),
    /// To the one that runs.
    Server(BufReader<UnixStream>),
}

impl Line {
    /// To the database that the configuration names.
    pub(crate) async fn open(config: &Config) -> Result<Self, AskError> {
        let data_dir = &config.data_dir;
        let socket = socket_path(data_dir);
        if let Ok(stream) = UnixStream::connect(&socket).await {
            return Ok(Self::Server(BufReader::new(stream)));
        }
        match open_store(data_dir) {
            Ok(store) => Ok(Self::Own(Box::new(Administration {
                store,
                hub: Arc::new(Hub::default()),
                origin: origin(config, config.http, config.tls != TlsSource::Off),
                uploads_dir: config.uploads_dir.clone(),
            }))),
            Err(AskError::Open(OpenError::InUse(data_dir))) => {
                Err(AskError::NoAnswer { data_dir, socket })
            }
            Err(other) => Err(other),
        }
    }

    /// The reply to the request, and where browsers find the server.
    pub(crate) async fn ask(
        &mut self,
        request: OperatorRequest,
    ) -> Result<OperatorReply, AskError> {
        let answer = match self {
            Self::Own(administration) => request.answer(administration).await,
            Self::Server(stream) => {
                let read = exchange(stream, &request).await.map_err(AskError::Left)?;
                serde_json::from_str(&read).map_err(|_| AskError::Strange)?
            }
        };
        if let ServerFrame::Error(refusal) = answer.reply {
            return Err(refusal.into());
        }
        Ok(answer)
    }

    /// Ends what was opened.
    pub(crate) async fn close(self) {
        match self {
            Self::Own(administration) => administration.store.close().await,
            Self::Server(_) => {}
        }
    }
}

/// A command is not what makes a database.
fn open_store(data_dir: &Path) -> Result<Store, AskError> {
    let path = database_path(data_dir);
    if !path.exists() {
        return Err(AskError::NoDatabase(path));
    }
    let metrics = Arc::new(Metrics::default());
    Store::open(data_dir, metrics, Box::new(|_: &[_]| {})).map_err(AskError::Open)
}

async fn exchange(
    stream: &mut BufReader<UnixStream>,
    request: &OperatorRequest,
) -> io::Result<String> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut read = String::new();
    stream.read_line(&mut read).await?;
    if read.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(read)
}
