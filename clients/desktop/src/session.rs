//! A person's session on one server: the driver of the client core, and what changed since the last look.

mod membership;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use client::{Change, Config, Entry};
use eframe::egui;
use native::{Handle, Profile, ProfileError, ServerAddress, Stopped, Trust};
use shared::Fingerprint;
use shared::frame::ClientInfo;
use tokio::runtime::{self, Runtime};

pub(crate) use self::membership::Membership;

/// How long the window's end waits for the disk.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct Session {
    pub(crate) handle: Handle,
    pub(crate) server: ServerAddress,
    /// Of the profile, for what is this server's alone.
    pub(crate) folder: PathBuf,
    /// For what can be fetched again.
    pub(crate) cache: PathBuf,
    trust: Trust,
    runtime: runtime::Handle,
    news: Receiver<Vec<Change>>,
}

impl Session {
    /// Goes on with the session that the profile has for this server, or comes in by `entry`. With `fingerprint`, no
    /// other certificate will do. The window is drawn again whenever something changes.
    pub(crate) fn open(
        runtime: &Runtime,
        profile_root: &Path,
        server: ServerAddress,
        entry: Option<Entry>,
        fingerprint: Option<Fingerprint>,
        ctx: egui::Context,
    ) -> Result<Self, ProfileError> {
        let profile = Profile::open(profile_root, &server)?;
        if let Some(Entry::Guest { name }) = &entry {
            profile.session_or_claim(name)?;
        }
        let (snapshot, storage) = profile.whole()?;
        let trust = profile.trust().stating(fingerprint);
        let settings = native::Settings {
            server: server.clone(),
            trust: trust.clone(),
            core: Config {
                // Images that are shown on the way are not to wait for large files.
                downloads_at_once: 8,
                ..Config::new(client_info())
            },
        };
        let _inside = runtime.enter();
        let (handle, mut changes) = native::spawn(settings, snapshot, Some(storage));
        match entry {
            // The profile has the claim already.
            Some(Entry::Guest { .. }) | None => {}
            Some(entry) => {
                // Refused only where another program has come in meanwhile, and so has this one.
                let _ = handle.sign_in(entry);
            }
        }
        let (sender, news) = mpsc::channel();
        runtime.spawn(async move {
            loop {
                let news = match changes.next().await {
                    Ok(news) => news,
                    // The handle says why.
                    Err(Stopped::Storage(_)) => Vec::new(),
                    Err(Stopped::Asked) => return,
                };
                if sender.send(news).is_err() {
                    return;
                }
                ctx.request_repaint();
            }
        });
        Ok(Self {
            handle,
            server,
            folder: profile.folder().to_owned(),
            cache: cache_folder(profile_root),
            trust,
            runtime: runtime.handle().clone(),
            news,
        })
    }

    /// What changed since the last time.
    pub(crate) fn changes(&self) -> Vec<Change> {
        self.news.try_iter().flatten().collect()
    }

    /// Ends the session's driver and waits until all is stored.
    pub(crate) fn close(self) {
        let Self { handle, news, .. } = self;
        drop(handle);
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            if news.recv_timeout(left).is_err() {
                return;
            }
        }
    }
}

/// As servers are told.
fn client_info() -> ClientInfo {
    ClientInfo {
        name: "chinwag-desktop".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The system's place for it, or, where the profiles are not at theirs, beside them.
fn cache_folder(profile_root: &Path) -> PathBuf {
    let usual = native::profile::default_root().is_some_and(|root| root == profile_root);
    match dirs::cache_dir().filter(|_| usual) {
        Some(cache) => cache.join("chinwag"),
        None => profile_root.join("cache"),
    }
}
