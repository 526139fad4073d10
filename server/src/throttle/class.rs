//! What is metered, and how much of it there may be. PROTOCOL.md repeats these figures.

use shared::ClientFrame;

use super::meter::Rate;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Messages,
    /// Rooms are for good, and everybody is shown them.
    RoomsCreated,
    /// As many as a person may have, which a client begins again after each reconnect.
    UploadsBegun,
    /// Pieces of files; their bytes are held back by other means.
    Chunks,
    /// Whatever else is answered from the database.
    Others,
}

/// What comes from an address, however many people are behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AddressClass {
    /// New ones; after a restart of the server all come back at once.
    Connections,
    /// To the API and to links, by HTTP.
    Requests,
}

impl Class {
    pub(super) fn rate(self) -> Rate {
        let (burst, per_second) = match self {
            Self::Messages => (200.0, 20.0),
            Self::RoomsCreated => (50.0, 0.1),
            Self::UploadsBegun => (1_000.0, 20.0),
            Self::Chunks => (4_000.0, 2_000.0),
            Self::Others => (500.0, 50.0),
        };
        Rate { burst, per_second }
    }

    /// What a frame of a signed-in peer counts as; `None` for what is not answered and for what costs no more than its
    /// refusal.
    pub(crate) fn of(frame: &ClientFrame) -> Option<Self> {
        Some(match frame {
            ClientFrame::SendMessage(_) => Self::Messages,
            ClientFrame::CreateRoom(_) | ClientFrame::OpenDirect { .. } => Self::RoomsCreated,
            ClientFrame::BeginUpload(_) => Self::UploadsBegun,
            ClientFrame::PutChunk { .. } | ClientFrame::ReadChunk { .. } => Self::Chunks,
            ClientFrame::Hello(_)
            | ClientFrame::Ping { .. }
            | ClientFrame::SetTyping { .. }
            | ClientFrame::SetPresence { .. }
            | ClientFrame::MarkRead { .. }
            | ClientFrame::Unknown => return None,
            // A new request is one of them until somebody says otherwise.
            _other => Self::Others,
        })
    }

    /// What somebody reads who asks for too much.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::Messages => {
                "That is a lot of messages at once; the server takes more in a moment."
            }
            Self::RoomsCreated => "You have created many rooms; wait before you create another.",
            Self::UploadsBegun => "You have begun many uploads; the server takes more in a moment.",
            Self::Chunks | Self::Others => {
                "That is a lot of requests at once; the server takes more in a moment."
            }
        }
    }
}

impl AddressClass {
    pub(super) fn rate(self) -> Rate {
        let (burst, per_second) = match self {
            Self::Connections => (2_000.0, 100.0),
            Self::Requests => (5_000.0, 1_000.0),
        };
        Rate { burst, per_second }
    }
}
