//! What one remembers of a server, so that nobody can take its place later.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use shared::Fingerprint;

use crate::profile::{self, Profile, ProfileError};

/// How a server was reached the last time; also as it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "security", rename_all = "snake_case")]
pub(crate) enum Known {
    /// Without TLS, as a person wanted.
    Plain,
    /// With a certificate that everybody can verify.
    Public,
    /// With this one.
    Pinned { fingerprint: Fingerprint },
}

/// What makes a server the right one: what is remembered of it, and what a person has said of it.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Where it is remembered; without, for as long as a clone of this lives.
    profile: Option<Profile>,
    memory: Arc<Mutex<Option<Known>>>,
    /// What holds where nothing is remembered.
    otherwise: Option<Profile>,
    stated: Option<Fingerprint>,
}

impl Trust {
    pub(crate) fn kept_in(profile: Profile) -> Self {
        Self {
            profile: Some(profile),
            ..Self::default()
        }
    }

    /// Only the certificate with this fingerprint will do, whatever is remembered; then that is.
    pub fn stating(self, fingerprint: Option<Fingerprint>) -> Self {
        let stated = fingerprint.or(self.stated);
        Self { stated, ..self }
    }

    /// Where nothing is remembered, the server must show what this one does, unless it may do without TLS.
    pub fn or_as(self, other: Self) -> Self {
        Self {
            otherwise: other.profile,
            ..self
        }
    }

    pub(crate) fn stated(&self) -> Option<Fingerprint> {
        self.stated
    }

    /// The file, for people.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.profile.as_ref().map(path_in)
    }

    /// Whether nothing is to be sent to the server but by TLS: it has spoken that before, or a fingerprint was stated.
    pub fn demands_tls(&self) -> Result<bool, ProfileError> {
        let known = self.known()?;
        Ok(self.stated.is_some() || known.is_some_and(|known| known != Known::Plain))
    }

    /// Of the last time, by whichever process.
    pub(crate) fn known(&self) -> Result<Option<Known>, ProfileError> {
        let own = match self.path() {
            Some(path) => profile::read(&path)?,
            None => *self.memory(),
        };
        match (&self.otherwise, own) {
            (Some(other), None) => {
                let other = profile::read(&path_in(other))?;
                Ok(other.filter(|other| *other != Known::Plain))
            }
            (_, own) => Ok(own),
        }
    }

    pub(crate) fn remember(&self, known: Known) -> Result<(), ProfileError> {
        if self.known()? == Some(known) {
            return Ok(());
        }
        match (&self.profile, self.path()) {
            (Some(profile), Some(path)) => {
                let _lock = profile.lock()?;
                profile::write(&path, &known)
            }
            _ => {
                *self.memory() = Some(known);
                Ok(())
            }
        }
    }

    fn memory(&self) -> MutexGuard<'_, Option<Known>> {
        self.memory
            .lock()
            .expect("nobody panics while holding the memory")
    }
}

fn path_in(profile: &Profile) -> PathBuf {
    profile.folder().join("tls.json")
}
