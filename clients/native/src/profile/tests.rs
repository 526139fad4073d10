use client::{Delivery, PendingMessage};
use shared::{PersonId, RoomId, TimestampMs, TransactionId, UploadId};

use super::*;

fn profile(root: &Path) -> Profile {
    let server = "[::1]:7878".parse().expect("an address");
    Profile::open(root, &server).expect("a fresh folder")
}

fn message(text: &str) -> PendingMessage {
    let at = TimestampMs(1);
    PendingMessage {
        transaction_id: TransactionId::from_parts(at, crate::random()),
        room_id: RoomId::from_parts(at, [1; 10]),
        text: text.into(),
        attachments: Vec::new(),
        written_at_ms: at,
        delivery: Delivery::Queued,
    }
}

#[test]
fn two_processes_share_the_session_and_not_the_outbox() {
    let root = tempfile::tempdir().expect("a folder");
    let profile = profile(root.path());
    profile.session_or_claim("Typo").expect("written");
    let claim = profile.session_or_claim("Ann").expect("written");
    assert_eq!(
        claim.name(),
        Some("Ann"),
        "nobody has the other name so far"
    );
    let again = profile.session_or_claim("Ann").expect("read");
    assert!(claim == again, "one secret for all");

    let (mut first, mut first_storage) = profile.whole().expect("the first state");
    first.claim = None;
    first.person = Some(Person {
        id: PersonId::from_bytes([7; 16]),
        name: "Ann".into(),
    });
    first_storage.store(&first).expect("signed in");
    let again = profile.session_or_claim("Bob").expect("read");
    assert_eq!(again.name(), Some("Ann"), "who one is stays");

    let (mut second, mut second_storage) = profile.whole().expect("the second state");
    assert_eq!(first.session_token, second.session_token);
    first.outbox.push(message("one"));
    second.outbox.push(message("two"));
    first_storage.store(&first).expect("stored");
    second_storage.store(&second).expect("stored");
    drop(second_storage);
    let (third, _held) = profile.whole().expect("the state that is free");
    assert_eq!(third.outbox[0].text, "two");
    drop(first_storage);
    let (fourth, _held) = profile.whole().expect("the state that is free");
    assert_eq!(fourth.outbox[0].text, "one");
    let (passing, _) = profile.passing(&[]).expect("no state is needed");
    assert!(passing.outbox.is_empty() && passing.session_token == first.session_token);
}

#[test]
fn nobody_brings_back_a_session_that_another_ended() {
    let root = tempfile::tempdir().expect("a folder");
    let profile = profile(root.path());
    profile.session_or_claim("Ann").expect("written");
    let (mut snapshot, mut storage) = profile.whole().expect("a state");
    assert!(profile.forget_session().expect("forgotten"));
    snapshot.claim = None;
    snapshot.person = Some(Person {
        id: PersonId::from_bytes([7; 16]),
        name: "Ann".into(),
    });
    storage.store(&snapshot).expect("stored");
    assert!(profile.session().expect("read").is_none());

    let newer = profile.session_or_claim("Bob").expect("written");
    snapshot.session_token = None;
    storage.store(&snapshot).expect("stored");
    assert!(
        profile.session().expect("read") == Some(newer),
        "nor ends another's"
    );
}

#[test]
fn uploads_of_the_same_file_are_found_again() {
    let root = tempfile::tempdir().expect("a folder");
    let profile = profile(root.path());
    let upload = |source: &str| StoredUpload {
        upload_id: UploadId::from_bytes(crate::random()),
        name: source.into(),
        size_bytes: 1,
        media_type: None,
        source: source.into(),
        file: None,
        file_id: None,
        posted: None,
    };
    let (mut one, mut one_storage) = profile.passing(&["a".into()]).expect("nothing yet");
    one.uploads.push(upload("a"));
    one_storage.store(&one).expect("stored");
    let (mut two, mut two_storage) = profile.passing(&["b".into()]).expect("nothing yet");
    assert!(two.uploads.is_empty());
    two.uploads.push(upload("b"));
    two_storage.store(&two).expect("stored");
    let (restored, _) = profile.passing(&["a".into()]).expect("what was begun");
    assert_eq!(restored.uploads, one.uploads);
    profile.forget_uploads(&["a".into()]).expect("forgotten");
    let (restored, _) = profile
        .passing(&["a".into(), "b".into()])
        .expect("what was begun");
    assert_eq!(restored.uploads, two.uploads);
}

#[test]
fn secrets_are_for_the_owner_alone_and_damage_is_told() {
    let root = tempfile::tempdir().expect("a folder");
    let profile = profile(root.path());
    profile.session_or_claim("Ann").expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&profile.session_file()), 0o600);
        assert_eq!(mode(&profile.folder), 0o700);
    }
    fs::write(profile.session_file(), "{").expect("written");
    let damaged = profile.session().err().map(|error| error.to_string());
    assert!(damaged.is_some_and(|text| text.contains("session.json is damaged")));
}

#[test]
fn looking_creates_nothing() {
    let root = tempfile::tempdir().expect("a folder");
    let server = "chat.example".parse().expect("an address");
    let found = Profile::session_at(root.path(), &server).expect("readable");
    assert!(found.is_none());
    assert_eq!(std::fs::read_dir(root.path()).expect("a folder").count(), 0);

    let profile = Profile::open(root.path(), &server).expect("created");
    profile.session_or_claim("Ann").expect("written");
    let found = Profile::session_at(root.path(), &server).expect("readable");
    let claimed = found.expect("a session");
    assert!(claimed.name() == Some("Ann") && !claimed.is_granted());
}

#[test]
fn a_session_that_is_not_confirmed_is_nobodys_so_far() {
    let root = tempfile::tempdir().expect("a folder");
    let profile = profile(root.path());
    let (mut snapshot, mut storage) = profile.passing(&[]).expect("a state");
    snapshot.person = Some(Person {
        id: PersonId::from_bytes([7; 16]),
        name: "Ann".into(),
    });
    snapshot.session_token = Some("secret".into());
    snapshot.unconfirmed = true;
    storage.store(&snapshot).expect("stored before it is sent");
    let session = profile.session().expect("read").expect("there");
    assert_eq!((session.name(), session.is_granted()), (None, false));
    let (mut other, mut other_storage) = profile.passing(&[]).expect("a state");
    assert!(other.unconfirmed && other.session_token.as_deref() == Some("secret"));

    // The other one tries the token alone before it is granted, and gives it up.
    other.session_token = None;
    other.unconfirmed = false;
    other_storage.store(&other).expect("stored");
    assert!(profile.session().expect("read").is_none());
    snapshot.unconfirmed = false;
    storage.store(&snapshot).expect("signed in");
    let session = profile.session().expect("read").expect("there");
    assert_eq!((session.name(), session.is_granted()), (Some("Ann"), true));
}
