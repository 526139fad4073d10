//! Whoever runs the server, at its machine: asks by the commands `chinwag-server admin …` what an owner may ask, without
//! an account. Commands open the database themselves, or, where a server has it open, ask that one over a socket.

use serde::{Deserialize, Serialize};
use shared::account::CreateInvitation;
use shared::{ClientFrame, PersonId, RequestId, ServerFrame};

use crate::administration::Administration;
use crate::error;
use crate::store::{Actor, StoreError};

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
    /// Answered by `sessions_listed`.
    ListSessions { person_id: PersonId },
    /// Answered by `invitation_created`.
    CreateInvitation(CreateInvitation),
    /// Answered by `invitation_created`; its opener becomes the owner.
    CreateOwnersLink {},
}

/// The answer to a request, a line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OperatorReply {
    pub(crate) reply: ServerFrame,
    /// Where browsers find the server, without a slash at the end.
    pub(crate) origin: String,
}

impl OperatorRequest {
    /// The reply to it, which may be an error.
    pub(crate) async fn answer(self, administration: &Administration) -> OperatorReply {
        let answer = match self {
            Self::Own(request) => {
                let answer = request.answer(administration).await;
                answer.map_err(|failed| error::from_store(NONE, failed))
            }
            Self::Frame(request) => administration.answer(Actor::Operator, *request).await,
        };
        OperatorReply {
            reply: answer.unwrap_or_else(ServerFrame::Error),
            origin: administration.origin.clone(),
        }
    }
}

impl OwnRequest {
    async fn answer(self, administration: &Administration) -> Result<ServerFrame, StoreError> {
        let store = &administration.store;
        Ok(match self {
            Self::FindPerson { name } => ServerFrame::PeopleListed {
                request_id: NONE,
                people: vec![store.person_named(name).await?],
                more: false,
            },
            Self::ListSessions { person_id } => ServerFrame::SessionsListed {
                request_id: NONE,
                sessions: store.sessions_of(person_id).await?,
            },
            Self::CreateInvitation(request) => administration.create_invitation(&request).await?,
            Self::CreateOwnersLink {} => administration.create_owners_link().await?,
        })
    }
}
