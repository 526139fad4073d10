//! What outlives the process, in one folder per server, for any number of processes of one person at once.
//!
//! - `session.json`: who one is, shared by all. It is replaced only by who knows what it holds, so that no process
//!   brings back a session that another one ended.
//! - `state-N.json`: a snapshot that one process at a time owns by its lock: outbox, uploads, what was read. A
//!   process takes the first that is free, so whatever one that was killed left unsent, a later one sends.
//! - `tls.json`: how the server was reached the last time, so that nobody takes its place unnoticed.
//! - `uploads.json`: uploads that were begun and not finished by commands that keep nothing else.
//! - `sync-….json`: what of a folder was sent to a room.
//!
//! Every file is written under another name, flushed and renamed, and readable by its owner alone.

mod synced;

use std::env;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use client::{Snapshot, StoredUpload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::SessionToken;
use shared::frame::Person;

use crate::address::ServerAddress;
use crate::target::sync_folder;
use crate::tls::Trust;

pub use synced::Synced;

/// Processes of one person that may keep a state of their own at once.
const STATES_MAX: u32 = 64;

/// Where the profiles of all servers lie unless a person says otherwise; `None` where there is no home folder.
pub fn default_root() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let base = if cfg!(windows) {
        absolute("APPDATA")
    } else {
        absolute("XDG_CONFIG_HOME").or_else(|| env::home_dir().map(|home| home.join(".config")))
    };
    base.map(|base| base.join("chinwag"))
}

/// Keeps snapshots.
pub trait Storage: Send {
    /// Once it returns, the snapshot is on disk. Blocks.
    fn store(&mut self, snapshot: &Snapshot) -> Result<(), ProfileError>;
}

/// Why the profile cannot be used; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Reading or writing failed.
    #[error(
        "{path} cannot be used: {error}; check its permissions or choose another --profile-dir"
    )]
    Io { path: PathBuf, error: io::Error },
    /// Something else wrote to a file of ours.
    #[error("{path} is damaged ({error}); repair it or move it away")]
    Damaged {
        path: PathBuf,
        error: serde_json::Error,
    },
    /// All states are taken.
    #[error("{STATES_MAX} programs use this profile already; end some of them")]
    TooManyProcesses,
    /// The folder is being sent.
    #[error("{} is being sent by another process", .0.display())]
    FolderBusy(PathBuf),
}

/// Who one is on a server. Secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    token: String,
    /// The name that is being claimed with the token.
    #[serde(default)]
    claim: Option<String>,
    #[serde(default)]
    person: Option<Person>,
    /// As of [`Snapshot::unconfirmed`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unconfirmed: bool,
}

impl Session {
    fn of(snapshot: &Snapshot) -> Option<Self> {
        Some(Self {
            token: snapshot.session_token.clone()?,
            claim: snapshot.claim.clone(),
            person: snapshot.person.clone(),
            unconfirmed: snapshot.unconfirmed,
        })
    }

    /// By which it is known; `None` where something else wrote the file.
    pub fn token(&self) -> Option<SessionToken> {
        self.token.parse().ok()
    }

    /// The name that one has or is about to claim; nobody knows it of a sign-in that was interrupted.
    pub fn name(&self) -> Option<&str> {
        let person = self.person.as_ref().filter(|_| !self.unconfirmed);
        let name = person.map(|person| person.name.as_str());
        self.claim.as_deref().or(name)
    }

    /// Whether a server has granted it.
    pub fn is_granted(&self) -> bool {
        self.claim.is_none() && !self.unconfirmed && self.person.is_some()
    }
}

/// The folder of one server.
#[derive(Debug, Clone)]
pub struct Profile {
    folder: PathBuf,
}

impl Profile {
    /// Opens the folder for this server below `root`, creating it where it is missing.
    pub fn open(root: &Path, server: &ServerAddress) -> Result<Self, ProfileError> {
        let profile = Self::at(root, server);
        create_private_folder(&profile.folder).map_err(|error| ProfileError::Io {
            path: profile.folder.clone(),
            error,
        })?;
        Ok(profile)
    }

    /// Who one is on this server, if anybody, without creating anything.
    pub fn session_at(
        root: &Path,
        server: &ServerAddress,
    ) -> Result<Option<Session>, ProfileError> {
        Self::at(root, server).session()
    }

    fn at(root: &Path, server: &ServerAddress) -> Self {
        let host = server.host.to_lowercase();
        let host = host.replace(
            |c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-',
            "_",
        );
        let folder = root.join(format!("{host}_{}", server.port));
        Self { folder }
    }

    /// Where it lies, readable by its owner alone.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is remembered of how this server shows that it is the right one.
    pub fn trust(&self) -> Trust {
        Trust::kept_in(self.clone())
    }

    fn session_file(&self) -> PathBuf {
        self.folder.join("session.json")
    }

    /// Held while a file that all share is read and replaced.
    pub(crate) fn lock(&self) -> Result<File, ProfileError> {
        lock_file(&self.folder.join("profile.lock")).and_then(|(file, path)| {
            file.lock()
                .map_err(|error| ProfileError::Io { path, error })?;
            Ok(file)
        })
    }

    /// Who one is, if anybody.
    pub fn session(&self) -> Result<Option<Session>, ProfileError> {
        read(&self.session_file())
    }

    /// The session there is, or a new one that will claim `name`: whichever process connects first, with the
    /// same secret, so that several may begin at once. A claim of another name that no server has granted so far
    /// is given up.
    pub fn session_or_claim(&self, name: &str) -> Result<Session, ProfileError> {
        let _lock = self.lock()?;
        if let Some(session) = self.session()?
            && session.claim.as_deref().is_none_or(|claim| claim == name)
        {
            return Ok(session);
        }
        let session = Session {
            token: SessionToken::from_random(crate::random()).reveal(),
            claim: Some(name.to_owned()),
            person: None,
            unconfirmed: false,
        };
        write(&self.session_file(), &session)?;
        Ok(session)
    }

    /// Forgets the session. Whether there was one.
    pub fn forget_session(&self) -> Result<bool, ProfileError> {
        let _lock = self.lock()?;
        remove(&self.session_file())
    }

    /// Replaces the session where it still holds the token of `before`, or where `before` was not confirmed and
    /// another process, which did not know better, gave it up. Whether it did.
    fn replace_session(
        &self,
        before: Option<&Session>,
        session: Option<&Session>,
    ) -> Result<bool, ProfileError> {
        let _lock = self.lock()?;
        let present = self.session()?;
        let token = |session: Option<&Session>| session.map(|session| session.token.clone());
        let given_up = present.is_none() && before.is_some_and(|before| before.unconfirmed);
        if token(present.as_ref()) != token(before) && !given_up {
            return Ok(false);
        }
        match session {
            Some(session) => write(&self.session_file(), session)?,
            None => drop(remove(&self.session_file())?),
        }
        Ok(true)
    }

    fn session_keeper(&self) -> Result<SessionKeeper, ProfileError> {
        Ok(SessionKeeper {
            last: self.session()?,
            profile: self.clone(),
        })
    }

    /// For a program that people sit in front of: everything is kept.
    pub fn whole(&self) -> Result<(Snapshot, Box<dyn Storage>), ProfileError> {
        let session = self.session_keeper()?;
        for number in 0..STATES_MAX {
            let (lock, path) = lock_file(&self.folder.join(format!("state-{number}.lock")))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => continue,
                Err(fs::TryLockError::Error(error)) => {
                    return Err(ProfileError::Io { path, error });
                }
            }
            let path = self.folder.join(format!("state-{number}.json"));
            let mut snapshot: Snapshot = read(&path)?.unwrap_or_default();
            session.restore(&mut snapshot);
            let storage = WholeStorage {
                session,
                path,
                _lock: lock,
            };
            return Ok((snapshot, Box::new(storage)));
        }
        Err(ProfileError::TooManyProcesses)
    }

    /// For a command that says itself what became of it: the session is kept, and of `sources` what was begun of
    /// their uploads.
    pub fn passing(
        &self,
        sources: &[String],
    ) -> Result<(Snapshot, Box<dyn Storage>), ProfileError> {
        let session = self.session_keeper()?;
        let mut uploads: Vec<StoredUpload> = read(&self.uploads_file())?.unwrap_or_default();
        uploads.retain(|upload| sources.contains(&upload.source));
        let mut snapshot = Snapshot {
            uploads: uploads.clone(),
            ..Snapshot::default()
        };
        session.restore(&mut snapshot);
        let storage = PassingStorage { session, uploads };
        Ok((snapshot, Box::new(storage)))
    }

    fn uploads_file(&self) -> PathBuf {
        self.folder.join("uploads.json")
    }

    /// Forgets uploads that ended well: sending the same file again begins anew.
    pub fn forget_uploads(&self, sources: &[String]) -> Result<(), ProfileError> {
        self.change_uploads(|uploads| uploads.retain(|upload| !sources.contains(&upload.source)))
    }

    fn change_uploads(
        &self,
        change: impl FnOnce(&mut Vec<StoredUpload>),
    ) -> Result<(), ProfileError> {
        let _lock = self.lock()?;
        let mut uploads = read(&self.uploads_file())?.unwrap_or_default();
        change(&mut uploads);
        write(&self.uploads_file(), &uploads)
    }
}

/// One process's part in the shared session.
struct SessionKeeper {
    profile: Profile,
    last: Option<Session>,
}

impl SessionKeeper {
    fn restore(&self, snapshot: &mut Snapshot) {
        let Some(session) = &self.last else { return };
        snapshot.session_token = Some(session.token.clone());
        snapshot.claim = session.claim.clone();
        snapshot.unconfirmed = session.unconfirmed;
        // An outbox belongs to who wrote it, and the core compares.
        if snapshot.person.is_none() {
            snapshot.person = session.person.clone();
        }
    }

    fn store(&mut self, snapshot: &Snapshot) -> Result<(), ProfileError> {
        let session = Session::of(snapshot);
        if session != self.last {
            self.profile
                .replace_session(self.last.as_ref(), session.as_ref())?;
            self.last = session;
        }
        Ok(())
    }
}

struct WholeStorage {
    session: SessionKeeper,
    path: PathBuf,
    _lock: File,
}

impl Storage for WholeStorage {
    fn store(&mut self, snapshot: &Snapshot) -> Result<(), ProfileError> {
        self.session.store(snapshot)?;
        let state = Snapshot {
            session_token: None,
            claim: None,
            unconfirmed: false,
            ..snapshot.clone()
        };
        write(&self.path, &state)
    }
}

struct PassingStorage {
    session: SessionKeeper,
    /// As last stored.
    uploads: Vec<StoredUpload>,
}

impl Storage for PassingStorage {
    fn store(&mut self, snapshot: &Snapshot) -> Result<(), ProfileError> {
        self.session.store(snapshot)?;
        if snapshot.uploads != self.uploads {
            let before = std::mem::replace(&mut self.uploads, snapshot.uploads.clone());
            self.session.profile.change_uploads(|uploads| {
                let mine = |upload: &StoredUpload| {
                    let own = before.iter().chain(&snapshot.uploads);
                    own.into_iter().any(|own| own.upload_id == upload.upload_id)
                };
                uploads.retain(|upload| !mine(upload));
                uploads.extend(snapshot.uploads.iter().cloned());
            })?;
        }
        Ok(())
    }
}

fn lock_file(path: &Path) -> Result<(File, PathBuf), ProfileError> {
    let opened = private(File::options().create(true).truncate(false).write(true)).open(path);
    match opened {
        Ok(file) => Ok((file, path.to_owned())),
        Err(error) => Err(ProfileError::Io {
            path: path.to_owned(),
            error,
        }),
    }
}

pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ProfileError> {
    let path_of = || path.to_owned();
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| ProfileError::Damaged {
                    path: path_of(),
                    error,
                })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ProfileError::Io {
            path: path_of(),
            error,
        }),
    }
}

/// Replaces the file as a whole; once it returns, that is on disk.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), ProfileError> {
    let replace = || -> io::Result<()> {
        let new = path.with_extension("new");
        let mut file =
            private(File::options().create(true).truncate(true).write(true)).open(&new)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        sync_folder(path.parent().unwrap_or(Path::new("")))
    };
    replace().map_err(|error| ProfileError::Io {
        path: path.to_owned(),
        error,
    })
}

fn remove(path: &Path) -> Result<bool, ProfileError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ProfileError::Io {
            path: path.to_owned(),
            error,
        }),
    }
}

/// For the owner's eyes only.
fn private(options: &mut fs::OpenOptions) -> &mut fs::OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests;
