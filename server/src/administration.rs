//! What admins ask for, and the operator at the server's machine: one code for both, and whatever it changes reaches
//! those whom it concerns.

use std::path::PathBuf;
use std::sync::Arc;

use shared::account::CreateInvitation;
use shared::admin::{ChangeSettings, CloseReport, ListPeople, RemovePerson, Storage};
use shared::{
    ClientFrame, ErrorReply, PersonId, RequestId, Role, Sequence, ServerFrame, SessionToken,
};

use crate::error;
use crate::hub::Hub;
use crate::store::{Actor, AskedInvitation, Store, StoreError, TokenHash, random};

/// What it works with.
#[derive(Clone)]
pub(crate) struct Administration {
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    /// Where browsers find the server, without a slash at the end.
    pub(crate) origin: String,
    /// Where files are, on the disk whose space admins ask for.
    pub(crate) uploads_dir: PathBuf,
}

type Answer = Result<ServerFrame, StoreError>;

impl Administration {
    /// The reply to a request of an admin. Whether `actor` may ask is checked where it is done.
    pub(crate) async fn answer(
        &self,
        actor: Actor,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id();
        let answer = match request {
            ClientFrame::ListPeople(request) => self.list_people(actor, request).await,
            ClientFrame::SetRole {
                person_id, role, ..
            } => self.set_role(actor, request_id, person_id, role).await,
            ClientFrame::ResetPassword { person_id, .. } => {
                self.reset_password(actor, request_id, person_id).await
            }
            ClientFrame::SignOutPerson { person_id, .. } => {
                self.sign_out_person(actor, request_id, person_id).await
            }
            ClientFrame::RemovePerson(request) => self.remove_person(actor, request).await,
            ClientFrame::ListAllRooms { .. } => self.list_all_rooms(actor, request_id).await,
            ClientFrame::DescribeSettings { .. } => self.settings(actor, request_id).await,
            ClientFrame::ChangeSettings(request) => self.change_settings(actor, request).await,
            ClientFrame::DescribeStorage { .. } => self.storage(actor, request_id).await,
            ClientFrame::ReadAuditLog { before, .. } => {
                self.audit_page(actor, request_id, before).await
            }
            ClientFrame::ListReports { .. } => self.list_reports(actor, request_id).await,
            ClientFrame::CloseReport(request) => self.close_report(actor, request).await,
            _other => return Err(error::not_served(request_id)),
        };
        answer.map_err(|failed| error::from_store(request_id, failed))
    }

    async fn list_people(&self, actor: Actor, request: ListPeople) -> Answer {
        let request_id = request.request_id;
        let (people, more) = self.store.list_people(actor, request).await?;
        Ok(ServerFrame::PeopleListed {
            request_id,
            people,
            more,
        })
    }

    async fn set_role(
        &self,
        actor: Actor,
        request_id: RequestId,
        person: PersonId,
        role: Role,
    ) -> Answer {
        let now = crate::now_ms();
        if let Some(person) = self.store.set_role(actor, person, role, now).await? {
            self.hub.account_changed(&person, role);
        }
        Ok(ServerFrame::Done { request_id })
    }

    async fn reset_password(
        &self,
        actor: Actor,
        request_id: RequestId,
        person: PersonId,
    ) -> Answer {
        let token = SessionToken::from_random(random()).reveal();
        let hash = TokenHash::of(&token);
        let made = self
            .store
            .offer_password_reset(actor, person, hash, crate::now_ms());
        Ok(ServerFrame::InvitationCreated {
            request_id,
            invitation: made.await?,
            token: token.into(),
        })
    }

    /// A link that makes the opener the owner, where the server has none; the one of before ends.
    pub(crate) async fn create_owners_link(&self) -> Answer {
        let token = SessionToken::from_random(random()).reveal();
        let now = crate::now_ms();
        let made = self.store.renew_owners_link(TokenHash::of(&token), now);
        match made.await? {
            Some(invitation) => Ok(ServerFrame::InvitationCreated {
                request_id: RequestId::default(),
                invitation,
                token: token.into(),
            }),
            None => Err(StoreError::Invalid(
                "The server has an owner already; chinwag-server admin role makes others owners.",
            )),
        }
    }

    /// The operator's link that lets people in.
    pub(crate) async fn create_invitation(&self, request: &CreateInvitation) -> Answer {
        let token = SessionToken::from_random(random()).reveal();
        let asked = AskedInvitation::new(request, TokenHash::of(&token), crate::now_ms())?;
        let made = self.store.create_operators_invitation(asked);
        Ok(ServerFrame::InvitationCreated {
            request_id: request.request_id,
            invitation: made.await?,
            token: token.into(),
        })
    }

    async fn sign_out_person(
        &self,
        actor: Actor,
        request_id: RequestId,
        person: PersonId,
    ) -> Answer {
        let now = crate::now_ms();
        let ended = self.store.sign_out_person(actor, person, now).await?;
        self.hub.end_sessions(&ended);
        Ok(ServerFrame::Done { request_id })
    }

    async fn remove_person(&self, actor: Actor, request: RemovePerson) -> Answer {
        let (request_id, now) = (request.request_id, crate::now_ms());
        let RemovePerson {
            person_id,
            messages,
            ..
        } = request;
        let removed = self.store.remove_person(actor, person_id, messages, now);
        self.hub.end_sessions(&removed.await?.sessions);
        // Files of theirs that no message carries may have gone with them.
        self.hub.lost();
        if messages {
            self.store.purge(now).await?;
        }
        Ok(ServerFrame::Done { request_id })
    }

    async fn list_all_rooms(&self, actor: Actor, request_id: RequestId) -> Answer {
        let rooms = self.store.list_all_rooms(actor).await?;
        Ok(ServerFrame::AllRoomsListed { request_id, rooms })
    }

    async fn settings(&self, actor: Actor, request_id: RequestId) -> Answer {
        let settings = self.store.settings(actor).await?;
        Ok(ServerFrame::SettingsDescribed {
            request_id,
            settings,
        })
    }

    async fn change_settings(&self, actor: Actor, request: ChangeSettings) -> Answer {
        let request_id = request.request_id;
        let changed = self.store.change_settings(actor, request, crate::now_ms());
        Ok(ServerFrame::SettingsDescribed {
            request_id,
            settings: changed.await?,
        })
    }

    async fn storage(&self, actor: Actor, request_id: RequestId) -> Answer {
        let disk = rustix::fs::statvfs(&self.uploads_dir).ok();
        let storage = Storage {
            free_bytes: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            ..self.store.storage(actor).await?
        };
        Ok(ServerFrame::StorageDescribed {
            request_id,
            storage,
        })
    }

    async fn audit_page(
        &self,
        actor: Actor,
        request_id: RequestId,
        before: Option<Sequence>,
    ) -> Answer {
        let entries = self.store.audit_page(actor, before).await?;
        Ok(ServerFrame::AuditPage {
            request_id,
            entries,
        })
    }

    async fn list_reports(&self, actor: Actor, request_id: RequestId) -> Answer {
        let reports = self.store.list_reports(actor).await?;
        Ok(ServerFrame::ReportsListed {
            request_id,
            reports,
        })
    }

    async fn close_report(&self, actor: Actor, request: CloseReport) -> Answer {
        let request_id = request.request_id;
        let closed = self.store.close_report(actor, request, crate::now_ms());
        closed.await?;
        Ok(ServerFrame::Done { request_id })
    }
}
