//! What is uploaded over HTTP and goes into a room at once: whether it may, and the message that carries it.

use shared::{ErrorReply, FileId, Operation, RoomId, RoomRef, TransactionId};

use super::api::{Api, NONE};
use crate::error;
use crate::store::{Appended, NewMessage, SignedIn};
use crate::throttle::Class;

impl Api {
    /// The room of this name or id, where a message of this person would be taken now.
    pub(super) async fn room_to_post(
        &self,
        account: &SignedIn,
        room: &str,
    ) -> Result<RoomId, ErrorReply> {
        account
            .require(Operation::SendMessage)
            .map_err(|refused| error::not_allowed(NONE, refused))?;
        let room: RoomRef = room.parse().map_err(|bad| error::bad_name(NONE, &bad))?;
        self.caller
            .check_person(account.person.id, Class::Messages)?;
        let found = self.context.store.resolve_to_write(account.person.id, room);
        found
            .await
            .map_err(|failed| error::from_store(NONE, failed))
    }

    /// A message that has nothing but the file; the same where the id is.
    pub(super) async fn post_file(
        &self,
        account: &SignedIn,
        room: RoomId,
        file_id: FileId,
        transaction_id: TransactionId,
    ) -> Result<Appended, ErrorReply> {
        let message = NewMessage {
            room,
            person: account.person.clone(),
            transaction_id,
            text: String::new(),
            attachments: vec![file_id],
            at_ms: crate::now_ms(),
        };
        let appended = self.context.store.append_message(message).await;
        appended.map_err(|failed| error::from_store(NONE, failed))
    }
}
