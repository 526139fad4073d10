//! Who a peer is: what each kind of credentials proves, whatever carries it. A name that nobody has costs a guesser as
//! much as a wrong password, and is refused in the same words.

use std::net::{IpAddr, SocketAddr};

use shared::frame::{ClientInfo, Credentials};
use shared::{ErrorCode, ErrorReply, PersonName, RequestId, Secret, SessionToken};
use tokio::time::Instant;

use super::Context;
use crate::store::{
    Account, NewAccount, NewSession, Opened, Proof, SignedIn, StoreError, TokenHash, Totp, Visit,
    may_upgrade, random,
};
use crate::{error, passwords, totp};

/// What attempts with a name that cannot be one count for; no name holds this character.
const NO_NAME: &str = "\0";

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// The session's token that its cookie held, where a browser sent one.
    pub(crate) cookie: Option<Box<str>>,
}

/// Somebody who has shown who they are.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) account: SignedIn,
    /// The secret to come back with, where it is to be told.
    pub(crate) token: Option<SessionToken>,
}

/// Somebody who wants to sign in.
pub(crate) struct SignIn<'a> {
    pub(crate) context: &'a Context,
    pub(crate) peer: &'a Peer,
    pub(crate) client: &'a ClientInfo,
    pub(crate) request_id: RequestId,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: address.ip(),
            cookie: None,
        }
    }
}

impl Peer {
    /// A visit by this program, now.
    pub(crate) fn visit(&self, client: &ClientInfo) -> Visit {
        Visit {
            device: format!("{} {}", client.name, client.version)
                .trim()
                .to_owned(),
            address: self.address.to_canonical().to_string(),
            at_ms: crate::now_ms(),
        }
    }
}

impl SignIn<'_> {
    pub(crate) async fn with(&self, credentials: &Credentials) -> Result<Entered, ErrorReply> {
        match credentials {
            Credentials::ClaimName {
                name,
                session_token,
            } => self.claim_name(name, session_token.as_ref()).await,
            Credentials::SignIn {
                name,
                password,
                code,
                session_token,
            } => {
                let (token, session) = self.session(session_token.as_ref());
                let opened = self.sign_in(name, password, code.as_ref(), session).await?;
                Ok(self.entered(opened, token))
            }
            Credentials::SignUp {
                name,
                password,
                invitation,
                session_token,
            } => {
                let (token, session) = self.session(session_token.as_ref());
                let opened = self
                    .sign_up(name, password, invitation.as_ref(), session)
                    .await?;
                Ok(self.entered(opened, token))
            }
            Credentials::ResetPassword {
                token: link,
                password,
                session_token,
            } => {
                let (token, session) = self.session(session_token.as_ref());
                let opened = self.reset_password(link, password, session).await?;
                Ok(self.entered(opened, token))
            }
            Credentials::SessionCookie => match &self.peer.cookie {
                Some(token) => self.come_back(token).await,
                None => Err(self.refusal(
                    ErrorCode::NotSignedIn,
                    "This browser is not signed in; sign in first.",
                )),
            },
            Credentials::SessionToken { token } => self.come_back(token).await,
            Credentials::Unknown => Err(self.refusal(
                ErrorCode::InvalidArgument,
                "This server does not know these credentials; update the older side.",
            )),
        }
    }

    async fn claim_name(
        &self,
        name: &str,
        chosen: Option<&SessionToken>,
    ) -> Result<Entered, ErrorReply> {
        let name = self.parse(name)?;
        let (token, session) = self.session(chosen);
        let claimed = self.context.store.claim_name(name, session).await;
        Ok(Entered {
            account: claimed.map_err(|failed| self.failed(failed))?,
            token: Some(token),
        })
    }

    async fn come_back(&self, token: &str) -> Result<Entered, ErrorReply> {
        let visit = self.peer.visit(self.client);
        match self.context.store.sign_in(token, visit).await {
            Ok(Some(account)) => Ok(Entered {
                account,
                token: None,
            }),
            Ok(None) => Err(invalid_token(self.request_id)),
            Err(failed) => Err(self.failed(failed)),
        }
    }

    async fn sign_in(
        &self,
        name: &str,
        password: &Secret,
        code: Option<&Secret>,
        session: NewSession,
    ) -> Result<Opened, ErrorReply> {
        // Who mistypes their name like this learns no more than who mistypes it otherwise.
        let name: Option<PersonName> = name.parse().ok();
        let account = match name.clone() {
            Some(name) => self.context.store.account_named(name).await,
            None => Ok(None),
        };
        let account = account.map_err(|failed| self.failed(failed))?;
        let key = name.map_or_else(|| NO_NAME.to_owned(), |name| name.key());
        let is_right = self.is_password(&key, account.as_ref(), password);
        let (true, Some(account)) = (is_right.await?, account) else {
            return Err(self.failed(StoreError::WrongCredentials));
        };
        self.open_session(&key, account, code, session).await
    }

    /// A session of somebody whose password was right.
    async fn open_session(
        &self,
        key: &str,
        account: Account,
        code: Option<&Secret>,
        session: NewSession,
    ) -> Result<Opened, ErrorReply> {
        let proof = |totp_step| Proof {
            person: account.person.id,
            password: account.password.clone().unwrap_or_default(),
            totp_step,
        };
        let store = &self.context.store;
        let (Totp::On(secret), Some(code)) = (&account.totp, code) else {
            let opened = store.open_session(proof(None), session).await;
            return opened.map_err(|failed| self.failed(failed));
        };
        // Guesses at codes count apart: the password was right.
        let attempt = self.attempt(&code_key(key))?;
        let step = totp::step_of(secret, code, session.visit.at_ms);
        let opened = store.open_session(proof(step), session).await;
        match &opened {
            Ok(_) => attempt.succeeded(Instant::now()),
            Err(StoreError::SecondFactorNeeded) => attempt.failed(),
            Err(_) => attempt.withdrawn(),
        }
        opened.map_err(|failed| self.failed(failed))
    }

    async fn sign_up(
        &self,
        name: &str,
        password: &Secret,
        invitation: Option<&Secret>,
        session: NewSession,
    ) -> Result<Opened, ErrorReply> {
        let name = self.parse(name)?;
        let is_guest = |known: &SignedIn| may_upgrade(known, &name);
        if let Some(opened) = self.repeat(session.token, password, is_guest).await? {
            return Ok(opened);
        }
        let (token, store) = (session.token, &self.context.store);
        let invitation = invitation.map(|token| TokenHash::of(token.reveal()));
        // Before the password is hashed, which costs more than to ask.
        let may = store.may_sign_up(invitation, session.visit.at_ms).await;
        may.map_err(|failed| self.failed(failed))?;
        let hash = self.new_password(password, name.as_str()).await?;
        let new = NewAccount {
            name: name.clone(),
            password: hash,
            invitation,
            session,
        };
        match store.sign_up(new).await {
            Ok(opened) => {
                let SignedIn { person, role, .. } = &opened.account;
                // A guest's other connections may do more now.
                self.context.hub.account_changed(person, *role);
                Ok(opened)
            }
            // The same request was answered on another connection meanwhile.
            Err(StoreError::TokenTaken) => {
                let opened = self.repeat(token, password, is_guest).await?;
                opened.ok_or_else(|| self.failed(StoreError::TokenTaken))
            }
            Err(failed) => Err(self.failed(failed)),
        }
    }

    async fn reset_password(
        &self,
        link: &Secret,
        password: &Secret,
        session: NewSession,
    ) -> Result<Opened, ErrorReply> {
        if let Some(opened) = self.repeat(session.token, password, |_| false).await? {
            return Ok(opened);
        }
        let (link, store) = (TokenHash::of(link.reveal()), &self.context.store);
        let person = store.reset_of(link, session.visit.at_ms).await;
        let person = person.map_err(|failed| self.failed(failed))?;
        let hash = self.new_password(password, &person.name).await?;
        let opened = store.reset_password(link, hash, session).await;
        opened.map_err(|failed| self.failed(failed))
    }

    /// The session with this token, where it is there already because the reply to the same request was lost. `None`
    /// where it is not, or is one that the caller makes an account of.
    async fn repeat(
        &self,
        token: TokenHash,
        password: &Secret,
        is_guest: impl Fn(&SignedIn) -> bool,
    ) -> Result<Option<Opened>, ErrorReply> {
        let known = self.context.store.repeated(token).await;
        let Some((known, account)) = known.map_err(|failed| self.failed(failed))? else {
            return Ok(None);
        };
        if account.is_none() && is_guest(&known) {
            return Ok(None);
        }
        let key = key_of(&known.person.name);
        if self.is_password(&key, account.as_ref(), password).await? {
            Ok(Some(Opened {
                account: known,
                ended: Vec::new(),
            }))
        } else {
            Err(self.failed(StoreError::TokenTaken))
        }
    }

    /// Whether it is the account's password, unless too many were wrong of late.
    pub(super) async fn is_password(
        &self,
        key: &str,
        account: Option<&Account>,
        password: &Secret,
    ) -> Result<bool, ErrorReply> {
        let attempt = self.attempt(key)?;
        let hash = account.and_then(|account| account.password.as_deref());
        let verified = self
            .context
            .passwords
            .verify(password, hash, self.peer.address)
            .await;
        match verified {
            Ok(true) => attempt.succeeded(Instant::now()),
            Ok(false) => attempt.failed(),
            Err(_) => attempt.withdrawn(),
        }
        verified.map_err(|failed| error::from_hash(self.request_id, failed))
    }

    pub(super) fn attempt(&self, key: &str) -> Result<crate::throttle::Attempt<'_>, ErrorReply> {
        let backoff = &self.context.throttle.backoff;
        let attempt = backoff.attempt(key, self.peer.address, Instant::now());
        attempt.map_err(|wait| {
            wait.reply(
                self.request_id,
                "Too many attempts to sign in have failed; wait before you try again.",
            )
        })
    }

    /// The hash of a password that somebody chooses.
    pub(super) async fn new_password(
        &self,
        password: &Secret,
        name: &str,
    ) -> Result<String, ErrorReply> {
        passwords::check_new(password, name)
            .map_err(|weak| self.refusal(ErrorCode::WeakPassword, &weak.to_string()))?;
        let hash = self
            .context
            .passwords
            .hash(password, self.peer.address)
            .await;
        hash.map_err(|failed| error::from_hash(self.request_id, failed))
    }

    /// What is to be opened, and the token that it will have.
    fn session(&self, chosen: Option<&SessionToken>) -> (SessionToken, NewSession) {
        let token = match chosen {
            Some(chosen) => chosen.clone(),
            None => SessionToken::from_random(random()),
        };
        let session = NewSession {
            token: TokenHash::of(&token.reveal()),
            visit: self.peer.visit(self.client),
        };
        (token, session)
    }

    fn entered(&self, opened: Opened, token: SessionToken) -> Entered {
        self.context.hub.end_sessions(&opened.ended);
        Entered {
            account: opened.account,
            token: Some(token),
        }
    }

    fn parse(&self, name: &str) -> Result<PersonName, ErrorReply> {
        name.parse()
            .map_err(|bad| error::bad_name(self.request_id, &bad))
    }

    fn failed(&self, error: StoreError) -> ErrorReply {
        error::from_store(self.request_id, error)
    }

    fn refusal(&self, code: ErrorCode, text: &str) -> ErrorReply {
        error::reply(self.request_id, code, text)
    }
}

/// What guesses at this name's password count for.
pub(super) fn key_of(name: &str) -> String {
    name.parse()
        .map_or_else(|_| name.to_owned(), |name: PersonName| name.key())
}

/// What guesses at the code of the account with this key count for.
pub(super) fn code_key(key: &str) -> String {
    format!("{NO_NAME}{key}")
}

pub(crate) fn invalid_token(request_id: RequestId) -> ErrorReply {
    error::reply(
        request_id,
        ErrorCode::InvalidToken,
        "This session is not valid any more; sign in again.",
    )
}
