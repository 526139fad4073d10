//! Whoever runs the server, at its machine: asks by the commands `chinwag-server admin …` what an owner may ask, without
//! an account. Commands open the database themselves, or, where a server has it open, ask that one over a socket.

use serde::{Deserialize, Serialize};
use shared::{ClientFrame, ErrorReply, RequestId, ServerFrame};

use crate::administration::Administration;
use crate::error;
use crate::store::Actor;

mod line;
mod socket;

pub(crate) use line::{AskError, Line};
pub(crate) use socket::{Socket, socket_path};

/// Of all requests: a command has one at a time.
const NONE: RequestId = RequestId(0);

/// What the operator asks for, a line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum OperatorRequest {
    /// What no client can ask for. First, because every object with a type is a frame.
    Own(OwnRequest),
    /// What admins ask for as well.
    Frame(Box<ClientFrame>),
}

/// What only the operator asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum OwnRequest {
    /// Answered by `people_listed` with one person.
    FindPerson { name: String },
}

impl OperatorRequest {
    /// The reply to it.
    pub(crate) async fn answer(
        self,
        administration: &Administration,
    ) -> Result<ServerFrame, ErrorReply> {
        match self {
            Self::Own(OwnRequest::FindPerson { name }) => {
                let found = administration.store.person_named(name).await;
                let person = found.map_err(|failed| error::from_store(NONE, failed))?;
                Ok(ServerFrame::PeopleListed {
                    request_id: NONE,
                    people: vec![person],
                    more: false,
                })
            }
            Self::Frame(request) => administration.answer(Actor::Operator, *request).await,
        }
    }
}
