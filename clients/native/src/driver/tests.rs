use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use client::{Command, Config, Entry};
use shared::SessionToken;
use shared::frame::ClientInfo;

use super::*;
use crate::Stopped;

/// A disk that may be full.
#[derive(Default)]
struct Disk {
    full: AtomicBool,
    stored: Mutex<Option<Snapshot>>,
}

impl Storage for Arc<Disk> {
    fn store(&mut self, snapshot: &Snapshot) -> Result<(), ProfileError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(ProfileError::Io {
                path: PathBuf::from("state"),
                error: std::io::ErrorKind::StorageFull.into(),
            });
        }
        *self.stored.lock().expect("not poisoned") = Some(snapshot.clone());
        Ok(())
    }
}

impl Disk {
    fn claim(&self) -> Option<String> {
        let stored = self.stored.lock().expect("not poisoned");
        stored.as_ref().and_then(|snapshot| snapshot.claim.clone())
    }
}

/// Of somebody who is signed out, at a server that is not there.
fn driver(disk: &Arc<Disk>) -> (Handle, Changes) {
    let settings = Settings {
        server: "127.0.0.1:1".parse().expect("an address"),
        trust: Trust::default(),
        core: Config::new(ClientInfo {
            name: "test".to_owned(),
            version: "0".to_owned(),
        }),
    };
    let storage: Box<dyn Storage> = Box::new(disk.clone());
    spawn(settings, Snapshot::default(), Some(storage))
}

fn sign_in(handle: &Handle) {
    let command = Command::SignIn {
        entry: Entry::Guest {
            name: "Ann".to_owned(),
        },
        session_token: SessionToken::from_random([1; 32]),
    };
    handle.command(command).expect("signed out");
}

async fn until_stuck(changes: &mut Changes) {
    loop {
        match changes.next().await {
            Ok(_) => {}
            Err(Stopped::Storage(_)) => return,
            Err(Stopped::Asked) => panic!("nobody asked"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_stored_waits_and_nothing_is_sent() {
    let disk = Arc::new(Disk::default());
    disk.full.store(true, Ordering::SeqCst);
    let (handle, mut changes) = driver(&disk);
    sign_in(&handle);
    until_stuck(&mut changes).await;
    let told = handle.stuck().expect("stuck");
    assert!(told.contains("state cannot be used"), "{told}");
    handle.store_again();
    until_stuck(&mut changes).await;
    assert_eq!(handle.last_failure(), None, "no connection is opened");

    disk.full.store(false, Ordering::SeqCst);
    handle.store_again();
    while handle.last_failure().is_none() {
        changes.next().await.expect("it goes on, and connects");
    }
    assert_eq!(handle.stuck(), None);
    assert_eq!(disk.claim().as_deref(), Some("Ann"));
}

#[tokio::test]
async fn the_end_is_one_more_attempt_to_store() {
    let disk = Arc::new(Disk::default());
    disk.full.store(true, Ordering::SeqCst);
    let (handle, mut changes) = driver(&disk);
    sign_in(&handle);
    until_stuck(&mut changes).await;
    disk.full.store(false, Ordering::SeqCst);
    drop(handle);
    changes.stopped().await.expect("stored");
    assert_eq!(disk.claim().as_deref(), Some("Ann"));

    disk.full.store(true, Ordering::SeqCst);
    let (handle, mut changes) = driver(&disk);
    sign_in(&handle);
    until_stuck(&mut changes).await;
    drop(handle);
    let stopped = changes.stopped().await;
    assert!(matches!(stopped, Err(ProfileError::Io { .. })));
}
