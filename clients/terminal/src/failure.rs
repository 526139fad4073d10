//! How a command fails: one sentence for people, an exit code for scripts.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use client::CommandError;
use native::{ProfileError, Stopped};
use serde::Serialize;
use shared::{ErrorCode, ErrorReply};

/// What every exit code means; shown by `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done; a message was acknowledged, a file is whole
  1  failed for another reason, such as a file that cannot be read or written
  2  the command was not understood, or something to go on is missing
  3  could not connect, or the connection was lost for longer than --timeout
  4  the server refused: a name is taken, there is no such room or file, …
  5  what was received is not what the server announced, or it may not be the right server (verification failed)
  128 + N  ended by signal N (130: Ctrl-C)";

/// Why a command did not succeed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// One sentence that says what to do.
    pub(crate) message: String,
    /// The server's word, where it has one.
    pub(crate) code: Option<ErrorCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    Failed,
    Usage,
    NoConnection,
    Refused,
    VerificationFailed,
    /// Nobody reads what is printed any more.
    OutputClosed,
    Signal(u8),
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoConnection => 3,
            Self::Refused => 4,
            Self::VerificationFailed => 5,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            code: None,
        }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn no_connection(message: impl Into<String>) -> Self {
        Self::new(Exit::NoConnection, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    pub(crate) fn verification(message: impl Into<String>) -> Self {
        Self::new(Exit::VerificationFailed, message)
    }

    /// It may be another server, or others could read along.
    pub(crate) fn untrusted(server: impl Display, reason: &str) -> Self {
        Self::verification(format!("{server} is not to be trusted: {reason}"))
    }

    /// `goes_on`: the same command goes on from here.
    pub(crate) fn signal(number: u8, goes_on: bool) -> Self {
        let message = if goes_on {
            "interrupted; the same command goes on from here"
        } else {
            ""
        };
        Self::new(Exit::Signal(number), message)
    }

    /// By the server's code: some mean that it is the connection or the bytes.
    pub(crate) fn by_code(code: Option<ErrorCode>, message: impl Into<String>) -> Self {
        let exit = match code {
            None => Exit::Failed,
            Some(ErrorCode::TimedOut | ErrorCode::ShuttingDown | ErrorCode::TooManyConnections) => {
                Exit::NoConnection
            }
            Some(ErrorCode::ChunkMismatch | ErrorCode::ContentMismatch) => Exit::VerificationFailed,
            Some(_) => Exit::Refused,
        };
        Self {
            exit,
            message: message.into(),
            code,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        self.exit.code().into()
    }
}

impl From<ErrorReply> for Failure {
    fn from(error: ErrorReply) -> Self {
        Self::by_code(Some(error.code), error.message)
    }
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        let message = error.to_string();
        match error {
            CommandError::Offline => Self::no_connection(message),
            CommandError::MessageEmpty
            | CommandError::TextTooLong { .. }
            | CommandError::TooManyAttachments { .. } => Self::usage(message),
            CommandError::NotAMember | CommandError::FileTooLarge { .. } => Self::refused(message),
            CommandError::NotFailed
            | CommandError::NoSuchTransfer
            | CommandError::UploadInUse
            | CommandError::ReadingAlready
            | CommandError::SignedIn => Self::failed(message),
        }
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::failed(error.to_string())
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::failed(stopped.to_string())
    }
}

/// Of standard output; every other error is told with the name of its file.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::OutputClosed, ""),
            _ => Self::failed(format!("cannot write the output: {error}")),
        }
    }
}
