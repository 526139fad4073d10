//! Passes: what lets a browser fetch a file for members from the files' own host, where its cookie is not sent. The
//! page's host gives one to whoever may open the link, in an address that leads there. It is no session token: it is
//! good for one file, for a few minutes, and only while its session goes on, which is for its checker to see.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use shared::{FileId, SessionId, TimestampMs};

use crate::store::random;

/// The name of the parameter that holds it.
pub(super) const PARAMETER: &str = "pass";
/// So that no MAC of another kind could ever stand for one of these.
const PURPOSE: &[u8] = b"chinwag file pass 1\0";
/// Likewise, of passes for whoever knew the password.
const PURPOSE_UNLOCKED: &[u8] = b"chinwag unlocked file pass 1\0";
/// Long enough for a film, and for a large download that is resumed.
const UNLOCKED_LIFE_MS: u64 = 6 * 3600 * 1000;
const SESSION_BYTES: usize = 16;
const END_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// Why a pass is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PassError {
    #[error("the pass was not given for this")]
    NotGiven,
    #[error("the pass is over")]
    Expired,
}

/// Gives passes, and knows its own again. None outlives the process: the key is made at its start.
pub(crate) struct Passes {
    key: hmac::Key,
    life_ms: u64,
}

impl Passes {
    pub(crate) fn new(life_ms: u64) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()),
            life_ms,
        }
    }

    /// A pass to the file for the session: its id, the pass's end and their MAC, which is also of the file, as
    /// base64url.
    pub(super) fn give(&self, file_id: FileId, session: SessionId, now: TimestampMs) -> String {
        let end = TimestampMs(now.0 + self.life_ms);
        let mac = hmac::sign(&self.key, &signed(file_id, session, end));
        let parts = [&session.as_bytes()[..], &end.0.to_be_bytes(), mac.as_ref()];
        BASE64_URL_SAFE_NO_PAD.encode(parts.concat())
    }

    /// Whose session the pass is of, where it is to this file.
    pub(super) fn check(
        &self,
        pass: &str,
        file_id: FileId,
        now: TimestampMs,
    ) -> Result<SessionId, PassError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(pass);
        let bytes: [u8; SESSION_BYTES + END_BYTES + MAC_BYTES] = bytes
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(PassError::NotGiven)?;
        let (session, rest) = bytes
            .split_first_chunk::<SESSION_BYTES>()
            .ok_or(PassError::NotGiven)?;
        let (end, mac) = rest
            .split_first_chunk::<END_BYTES>()
            .ok_or(PassError::NotGiven)?;
        let session = SessionId::from_bytes(*session);
        let end = TimestampMs(u64::from_be_bytes(*end));
        // In the same time wherever they differ.
        let is_own = hmac::verify(&self.key, &signed(file_id, session, end), mac);
        is_own.map_err(|_| PassError::NotGiven)?;
        if end <= now {
            return Err(PassError::Expired);
        }
        Ok(session)
    }

    /// A pass to the file for whoever knew its password, which had this hash: the pass's end and its MAC.
    pub(super) fn give_unlocked(&self, file_id: FileId, hash: &str, now: TimestampMs) -> String {
        let end = TimestampMs(now.0 + UNLOCKED_LIFE_MS);
        let mac = hmac::sign(&self.key, &signed_unlocked(file_id, hash, end));
        BASE64_URL_SAFE_NO_PAD.encode([&end.0.to_be_bytes()[..], mac.as_ref()].concat())
    }

    /// Whether the pass is of whoever knew the password that the file still has.
    pub(super) fn check_unlocked(
        &self,
        pass: &str,
        file_id: FileId,
        hash: &str,
        now: TimestampMs,
    ) -> Result<(), PassError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(pass);
        let bytes: [u8; END_BYTES + MAC_BYTES] = bytes
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(PassError::NotGiven)?;
        let (end, mac) = bytes
            .split_first_chunk::<END_BYTES>()
            .ok_or(PassError::NotGiven)?;
        let end = TimestampMs(u64::from_be_bytes(*end));
        let is_own = hmac::verify(&self.key, &signed_unlocked(file_id, hash, end), mac);
        is_own.map_err(|_| PassError::NotGiven)?;
        if end <= now {
            return Err(PassError::Expired);
        }
        Ok(())
    }
}

/// As [`signed`].
fn signed_unlocked(file_id: FileId, hash: &str, end: TimestampMs) -> Vec<u8> {
    let hash = blake3::hash(hash.as_bytes());
    let parts = [
        PURPOSE_UNLOCKED,
        file_id.as_bytes(),
        hash.as_bytes(),
        &end.0.to_be_bytes(),
    ];
    parts.concat()
}

/// What the MAC is of. Each part has a length of its own that never changes.
fn signed(file_id: FileId, session: SessionId, end: TimestampMs) -> Vec<u8> {
    let parts = [
        PURPOSE,
        file_id.as_bytes(),
        session.as_bytes(),
        &end.0.to_be_bytes(),
    ];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimestampMs = TimestampMs(1_700_000_000_000);
    const LIFE_MS: u64 = 300_000;

    fn file(number: u8) -> FileId {
        FileId::from_bytes([number; 16])
    }

    #[test]
    fn a_pass_is_good_for_its_file_and_its_time_alone() {
        let passes = Passes::new(LIFE_MS);
        let session = SessionId::from_bytes([7; 16]);
        let pass = passes.give(file(1), session, NOW);
        let check = |file_id, now| passes.check(&pass, file_id, TimestampMs(now));
        assert_eq!(check(file(1), NOW.0), Ok(session));
        assert_eq!(check(file(1), NOW.0 + LIFE_MS - 1), Ok(session));
        assert_eq!(check(file(1), NOW.0 + LIFE_MS), Err(PassError::Expired));
        assert_eq!(check(file(2), NOW.0), Err(PassError::NotGiven));
        // One of a server that was started again, or of another one.
        let others = Passes::new(LIFE_MS);
        assert_eq!(others.check(&pass, file(1), NOW), Err(PassError::NotGiven));
    }

    #[test]
    fn a_pass_for_a_password_is_good_for_that_file_and_password_alone() {
        let passes = Passes::new(LIFE_MS);
        let pass = passes.give_unlocked(file(1), "hash", NOW);
        let check =
            |file_id, hash, now| passes.check_unlocked(&pass, file_id, hash, TimestampMs(now));
        let end = NOW.0 + UNLOCKED_LIFE_MS;
        assert_eq!(check(file(1), "hash", end - 1), Ok(()));
        assert_eq!(check(file(1), "hash", end), Err(PassError::Expired));
        assert_eq!(check(file(2), "hash", NOW.0), Err(PassError::NotGiven));
        assert_eq!(check(file(1), "other", NOW.0), Err(PassError::NotGiven));
        let of_a_member = passes.give(file(1), SessionId::from_bytes([7; 16]), NOW);
        assert_eq!(
            passes.check_unlocked(&of_a_member, file(1), "hash", NOW),
            Err(PassError::NotGiven)
        );
        assert_eq!(passes.check(&pass, file(1), NOW), Err(PassError::NotGiven));
    }

    #[test]
    fn no_bit_of_a_pass_may_be_another() {
        let passes = Passes::new(LIFE_MS);
        let pass = passes.give(file(1), SessionId::from_bytes([7; 16]), NOW);
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(&pass)
            .expect("it is base64url");
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = BASE64_URL_SAFE_NO_PAD.encode(forged);
            let checked = passes.check(&forged, file(1), NOW);
            assert_eq!(checked, Err(PassError::NotGiven), "bit {bit}");
        }
        for odd in ["", "x", &pass[1..], &format!("{pass}AAAA"), "=", "ä"] {
            let checked = passes.check(odd, file(1), NOW);
            assert_eq!(checked, Err(PassError::NotGiven), "{odd:?}");
        }
    }
}
