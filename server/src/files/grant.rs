//! That somebody may read a file, and how whoever sends it to them learns that they no longer may.

use std::time::Duration;

use shared::{FileId, PersonId, SessionId, TimestampMs};
use tokio::time::sleep;

use super::{Files, ReadError};
use crate::hub::Losses;
use crate::store::{Linked, OpenFile, Store, StoreError, Terms};

/// Good until the file's link ends, is for others only, has another password or is revoked, its last message is gone, or
/// the reader has lost the room that it is in.
pub(crate) struct Grant {
    store: Store,
    losses: Losses,
    file_id: FileId,
    reader: Option<PersonId>,
    /// Where they have come by the link, the terms that they have met.
    terms: Option<Terms>,
    /// The grant ends with it too.
    session: Option<SessionId>,
    link_ends_at: Option<TimestampMs>,
}

impl Files {
    /// As [`Files::file`], with what says how long that holds. `losses` are those since before the call.
    pub(crate) async fn granted(
        &self,
        losses: Losses,
        file_id: FileId,
        reader: Option<PersonId>,
    ) -> Result<(OpenFile, Grant), ReadError> {
        let open = self.file(file_id, reader).await?;
        let grant = self.grant(losses, file_id, reader, open.link_ends_at);
        Ok((open, grant))
    }

    pub(super) fn grant(
        &self,
        losses: Losses,
        file_id: FileId,
        reader: Option<PersonId>,
        link_ends_at: Option<TimestampMs>,
    ) -> Grant {
        Grant {
            store: self.store.clone(),
            losses,
            file_id,
            reader,
            terms: None,
            session: None,
            link_ends_at,
        }
    }
}

impl Grant {
    /// The same, where the reader has come by the link and met these terms.
    pub(super) fn on(mut self, terms: Option<Terms>) -> Self {
        self.terms = terms;
        self
    }

    /// The same, where it is good only for as long as the session goes on.
    pub(crate) fn within(mut self, session: Option<SessionId>) -> Self {
        self.session = session;
        self
    }

    /// Ready once it is no longer good.
    pub(crate) async fn ended(&mut self) {
        loop {
            match self.link_ends_at {
                Some(end) => {
                    let left = Duration::from_millis(end.since_ms(crate::now_ms()));
                    tokio::select! {
                        () = self.losses.next() => {}
                        () = sleep(left) => {}
                    }
                }
                None => self.losses.next().await,
            }
            if !self.is_good().await {
                return;
            }
        }
    }

    /// Whether something was lost of which nobody has looked yet whether it ends the grant.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.losses.are_there()
    }

    /// Asks the store. What it cannot tell is no.
    pub(crate) async fn is_good(&mut self) -> bool {
        match self.find().await {
            Ok(Some(linked)) => {
                self.link_ends_at = linked.ends_at();
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, "nobody knows who may read a file");
                false
            }
        }
    }

    async fn find(&self) -> Result<Option<Linked>, StoreError> {
        if let Some(session) = self.session
            && !self.store.has_session(session).await?
        {
            return Ok(None);
        }
        let (file_id, reader, now) = (self.file_id, self.reader, crate::now_ms());
        let Some(met) = &self.terms else {
            return self.store.open_file(file_id, reader, now).await;
        };
        let open = self.store.open_link(file_id, reader, now).await?;
        // What has begun may be finished, however few downloads are left.
        let are_met = |terms: &Terms| terms.password.is_none() || terms.password == met.password;
        Ok(open.filter(|open| open.terms().is_none_or(are_met)))
    }
}
