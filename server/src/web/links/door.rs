//! What stands between a file and whoever has nothing but its link: a password, a limit, and a count of downloads.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{self, HeaderMap, HeaderValue};
use ring::hmac;
use shared::{ErrorCode, ErrorReply, FileId, RequestId, Secret};
use tokio::time::Instant;

use super::pass::PassError;
use super::watch::Watch;
use super::{no_such_file, pass_expired};
use crate::connection::Context;
use crate::error;
use crate::network::Network;
use crate::store::{Origin, Portion, StoreError, Terms, random};
use crate::web::caller::Caller;

/// Passwords that were right of late: a file that is fetched in many parts asks for its password as often.
const REMEMBERED_MAX: usize = 256;
/// What guesses at a file's password count for. No account's key holds this character.
const GUESSES_AT: char = '\0';

/// Whoever asks for a file by its link.
pub(in crate::web) struct Visitor<'a> {
    pub(in crate::web) context: &'a Context,
    pub(in crate::web) caller: &'a Caller,
    pub(in crate::web) headers: &'a HeaderMap,
    /// Of the address that they use.
    pub(in crate::web) pass: Option<&'a str>,
}

impl Visitor<'_> {
    /// Whether they know the password, if there is one: by their pass, or in the manner of `curl -u`, where the name
    /// does not matter.
    ///
    /// # Errors
    /// [`ErrorCode::PasswordNeeded`], or what keeps them from trying.
    pub(in crate::web) async fn unlock(
        &self,
        file_id: FileId,
        terms: Option<&Terms>,
    ) -> Result<(), ErrorReply> {
        let Some(hash) = terms.and_then(|terms| terms.password.as_deref()) else {
            return Ok(());
        };
        let passes = &self.context.passes;
        let checked = self
            .pass
            .map(|pass| passes.check_unlocked(pass, file_id, hash, crate::now_ms()));
        if checked == Some(Ok(())) {
            return Ok(());
        }
        match basic(self.headers) {
            Some(password) => self.try_password(file_id, hash, &password).await,
            None if checked == Some(Err(PassError::Expired)) => Err(pass_expired()),
            None => Err(password_needed(
                "This file has a password. Send it as curl -u does.",
            )),
        }
    }

    /// Whether this is the file's password, unless too many were wrong of late.
    pub(in crate::web) async fn try_password(
        &self,
        file_id: FileId,
        hash: &str,
        password: &Secret,
    ) -> Result<(), ErrorReply> {
        let known = &self.context.known_passwords;
        let mark = known.mark(file_id, hash, password);
        if known.holds(&mark) {
            return Ok(());
        }
        let none = RequestId::default();
        let address = self.caller.address();
        let key = format!("{GUESSES_AT}{file_id}");
        let backoff = &self.context.throttle.backoff;
        let attempt = backoff.attempt(&key, address, Instant::now());
        let attempt = attempt.map_err(|wait| {
            wait.reply(
                none,
                "Too many passwords were wrong; wait before you try again.",
            )
        })?;
        let verified = self.context.passwords.verify(password, Some(hash), address);
        match verified.await {
            Ok(true) => {
                attempt.succeeded(Instant::now());
                known.remember(mark);
                Ok(())
            }
            Ok(false) => {
                attempt.failed();
                Err(password_needed("This is not the file's password."))
            }
            Err(failed) => {
                attempt.withdrawn();
                Err(error::from_hash(none, failed))
            }
        }
    }

    /// Whether they may fetch the file, without counting it.
    ///
    /// # Errors
    /// Where no download is left, and theirs is none that goes on: there is no such file any more.
    pub(in crate::web) async fn may_fetch(
        &self,
        file_id: FileId,
        terms: Option<&Terms>,
    ) -> Result<(), ErrorReply> {
        if terms.and_then(|terms| terms.downloads_left) != Some(0) {
            return Ok(());
        }
        let origin = self.origin(file_id);
        let store = &self.context.store;
        let may = store.may_download(file_id, origin, crate::now_ms()).await;
        self.allowed(may)
    }

    /// Likewise from its beginning.
    pub(in crate::web) async fn may_begin(
        &self,
        file_id: FileId,
        terms: Option<&Terms>,
    ) -> Result<(), ErrorReply> {
        if terms.and_then(|terms| terms.downloads_left) != Some(0) {
            return Ok(());
        }
        let origin = self.origin(file_id);
        let store = &self.context.store;
        let may = store.may_begin_download(file_id, origin, crate::now_ms());
        self.allowed(may.await)
    }

    /// What is to be told should the whole file that they are about to be sent break off.
    pub(super) fn watch(&self, file_id: FileId, bytes: u64) -> Watch {
        Watch {
            store: self.context.store.clone(),
            file_id,
            origin: self.origin(file_id),
            bytes_left: bytes,
        }
    }

    /// Counts what is about to be sent. A request for a range belongs to the download that was last begun from the same
    /// address within a day, and so does one for the whole where that one broke off; any other is a download, and so is a
    /// range where none was begun.
    ///
    /// # Errors
    /// As [`Self::may_fetch`].
    pub(in crate::web) async fn count(
        &self,
        file_id: FileId,
        terms: Option<&Terms>,
        portion: Portion,
    ) -> Result<(), ErrorReply> {
        let Some(terms) = terms else {
            return Ok(());
        };
        let (store, now) = (&self.context.store, crate::now_ms());
        let origin = self.origin(file_id);
        // Asked first, because players ask for many ranges and the writer has other work.
        if portion == Portion::Part {
            let goes_on = store.goes_on(file_id, origin, now).await;
            let failed = |failed| error::from_store(RequestId::default(), failed);
            if goes_on.map_err(failed)? {
                return Ok(());
            }
        }
        let begun = store.begin_download(file_id, origin, portion, now);
        if terms.downloads_left.is_none() {
            // It is queued, and nothing depends on it.
            return Ok(());
        }
        self.allowed(begun.await)
    }

    fn allowed(&self, may: Result<bool, StoreError>) -> Result<(), ErrorReply> {
        match may {
            Ok(true) => Ok(()),
            Ok(false) => Err(no_such_file(self.context)),
            Err(failed) => Err(error::from_store(RequestId::default(), failed)),
        }
    }

    /// Where they are, hidden, and different for each file.
    fn origin(&self, file_id: FileId) -> Origin {
        let network = Network::of(self.caller.address_behind(self.headers));
        let mut hasher = blake3::Hasher::new();
        hasher.update(file_id.as_bytes());
        hasher.update(network.address().to_string().as_bytes());
        let mut origin = Origin::default();
        hasher.finalize_xof().fill(&mut origin);
        origin
    }
}

fn password_needed(message: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::PasswordNeeded, message)
}

/// The password of `Authorization: Basic` (RFC 7617).
fn basic(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (_, password) = credentials.split_once(':')?;
    Some(password.into())
}

/// Has programs send the password; no part of a page, which would have the browser ask for one in its name.
pub(super) fn challenge(headers: &HeaderMap) -> Option<HeaderValue> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_browser = text(header::USER_AGENT).is_some_and(|agent| agent.starts_with("Mozilla/"));
    let is_opened = text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    (is_opened || !is_browser)
        .then(|| HeaderValue::from_static("Basic realm=\"file\", charset=\"UTF-8\""))
}

/// Which passwords were right of late, in a form that tells them to nobody and dies with the process.
pub(crate) struct KnownPasswords {
    key: hmac::Key,
    marks: Mutex<VecDeque<Mark>>,
}

type Mark = [u8; 32];

impl KnownPasswords {
    pub(crate) fn new() -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()),
            marks: Mutex::default(),
        }
    }

    /// Of a file's password, as long as its hash stays the same.
    fn mark(&self, file_id: FileId, hash: &str, password: &Secret) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [
            file_id.as_bytes(),
            hash.as_bytes(),
            password.reveal().as_bytes(),
        ] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut mark = Mark::default();
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    fn holds(&self, mark: &Mark) -> bool {
        self.lock().contains(mark)
    }

    fn remember(&self, mark: Mark) {
        let mut marks = self.lock();
        if marks.len() >= REMEMBERED_MAX {
            marks.pop_front();
        }
        marks.push_back(mark);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Mark>> {
        // Every change to the list is whole.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_password_is_what_follows_the_first_colon() {
        for (credentials, expect) in [
            ("ann:open sesame", Some("open sesame")),
            (":a:b", Some("a:b")),
            ("ann:", Some("")),
            ("no colon", None),
        ] {
            let value = format!("basic {}", BASE64_STANDARD.encode(credentials));
            let found = basic(&with(header::AUTHORIZATION, &value));
            assert_eq!(found, expect.map(Secret::from), "{credentials}");
        }
        for odd in ["Basic", "Basic !", "Bearer YTpi", "Basic /w=="] {
            assert_eq!(basic(&with(header::AUTHORIZATION, odd)), None, "{odd}");
        }
    }

    #[test]
    fn what_is_remembered_is_of_one_file_and_one_password() {
        let known = KnownPasswords::new();
        let file = |number| FileId::from_bytes([number; 16]);
        let mark = known.mark(file(1), "hash", &Secret::from("word"));
        known.remember(mark);
        assert!(known.holds(&mark));
        for other in [
            known.mark(file(2), "hash", &Secret::from("word")),
            known.mark(file(1), "has", &Secret::from("hword")),
            known.mark(file(1), "hash", &Secret::from("Word")),
        ] {
            assert!(!known.holds(&other));
        }
        for number in 0..REMEMBERED_MAX {
            known.remember(known.mark(file(3), &number.to_string(), &Secret::from("")));
        }
        assert!(!known.holds(&mark), "the oldest goes");
        assert_eq!(known.lock().len(), REMEMBERED_MAX);
    }
}
