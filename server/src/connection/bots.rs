//! The person's bots.

use shared::account::CreateBot;
use shared::{ClientFrame, ErrorReply, PersonId, RequestId, Scope, ServerFrame, SessionToken};

use super::requests::not_served;
use super::session::Connection;
use crate::error;
use crate::store::{NewBot, NewSession, StoreError, TokenHash, Visit, random};

impl Connection {
    pub(super) async fn handle_bot_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        match request {
            ClientFrame::CreateBot(request) => self.create_bot(request).await,
            ClientFrame::ListBots { request_id } => self.list_bots(request_id).await,
            ClientFrame::RenewBot {
                request_id,
                person_id,
            } => self.renew_bot(request_id, person_id).await,
            ClientFrame::RemoveBot {
                request_id,
                person_id,
            } => self.remove_bot(request_id, person_id).await,
            other => Err(not_served(other.request_id())),
        }
    }

    async fn create_bot(&mut self, request: CreateBot) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id;
        let name = request
            .name
            .parse()
            .map_err(|bad| error::bad_name(request_id, &bad))?;
        let failed = |failed| error::from_store(request_id, failed);
        let scopes = checked(request.scopes).map_err(failed)?;
        let (token, session) = new_token();
        let new = NewBot {
            name,
            scopes,
            session,
        };
        let by = self.account.person.clone();
        let bot = self.context.store.create_bot(by, new).await;
        Ok(ServerFrame::BotCreated {
            request_id,
            bot: bot.map_err(failed)?,
            token: token.reveal().into(),
        })
    }

    async fn list_bots(&mut self, request_id: RequestId) -> Result<ServerFrame, ErrorReply> {
        let bots = self.context.store.bots(self.account.person.clone()).await;
        Ok(ServerFrame::BotsListed {
            request_id,
            bots: bots.map_err(|failed| error::from_store(request_id, failed))?,
        })
    }

    async fn renew_bot(
        &mut self,
        request_id: RequestId,
        bot: PersonId,
    ) -> Result<ServerFrame, ErrorReply> {
        let (token, session) = new_token();
        let by = self.account.person.clone();
        let renewed = self.context.store.renew_bot(by, bot, session).await;
        let (bot, ended) = renewed.map_err(|failed| error::from_store(request_id, failed))?;
        self.context.hub.end_sessions(&ended);
        Ok(ServerFrame::BotCreated {
            request_id,
            bot,
            token: token.reveal().into(),
        })
    }

    async fn remove_bot(
        &mut self,
        request_id: RequestId,
        bot: PersonId,
    ) -> Result<ServerFrame, ErrorReply> {
        let by = self.account.person.clone();
        let ended = self
            .context
            .store
            .remove_bot(by, bot, crate::now_ms())
            .await;
        let ended = ended.map_err(|failed| error::from_store(request_id, failed))?;
        self.context.hub.end_sessions(&ended);
        Ok(ServerFrame::Done { request_id })
    }
}

/// Each once, and none of a newer protocol.
fn checked(scopes: Vec<Scope>) -> Result<Vec<Scope>, StoreError> {
    if scopes.is_empty() || scopes.contains(&Scope::Unknown) {
        return Err(StoreError::Invalid(
            "A bot needs scopes, each of them read, send or rooms.",
        ));
    }
    let known = Scope::ALL.into_iter();
    Ok(known.filter(|scope| scopes.contains(scope)).collect())
}

fn new_token() -> (SessionToken, NewSession) {
    let token = SessionToken::from_random(random());
    let session = NewSession {
        token: TokenHash::of(&token.reveal()),
        visit: Visit::at(crate::now_ms()),
    };
    (token, session)
}
