//! Who is in a room as what: added, removed, banned, raised and lowered.

use shared::{RoomRef, RoomRole};

use super::*;

/// A private room of Ada with Bob and Cy, and an admin of the server outside it.
struct Den {
    store: Store,
    commits: Commits,
    room: RoomId,
    ada: SignedIn,
    bob: SignedIn,
    cy: SignedIn,
    root: SignedIn,
}

impl Den {
    async fn new(dir: &TempDir) -> Self {
        let (store, commits) = open(dir);
        let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
        let (cy, root) = (
            account(&store, "Cy").await,
            account_as(&store, "Root", Role::Owner).await,
        );
        let new = NewRoom {
            kind: RoomKind::Private,
            ..new_room("den")
        };
        let (room, _) = store.create_room(ada.clone(), new, NOW).await.unwrap();
        let den = Self {
            store,
            commits,
            room,
            ada,
            bob,
            cy,
            root,
        };
        for (number, who) in [den.bob.clone(), den.cy.clone()].iter().enumerate() {
            let later = NOW.plus_ms(number as u64 + 1);
            let add = den
                .store
                .add_member(den.ada.clone(), den.to(), who.person.id, later);
            add.await.unwrap().unwrap();
        }
        den
    }

    fn to(&self) -> RoomRef {
        RoomRef::Id(self.room)
    }

    async fn remove(
        &self,
        by: &SignedIn,
        who: &SignedIn,
        bans: bool,
    ) -> Result<Vec<RoomEvent>, StoreError> {
        self.store
            .remove_member(by.clone(), self.to(), who.person.id, bans, NOW)
            .await
    }

    async fn add(&self, by: &SignedIn, who: &SignedIn) -> Result<Option<RoomEvent>, StoreError> {
        self.store
            .add_member(by.clone(), self.to(), who.person.id, NOW.plus_ms(100))
            .await
    }

    async fn make(
        &self,
        by: &SignedIn,
        who: &SignedIn,
        role: RoomRole,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.store
            .set_room_role(by.clone(), self.to(), who.person.id, role, NOW)
            .await
    }

    async fn roles(&self, reader: &SignedIn) -> Vec<(String, RoomRole)> {
        let listed = self
            .store
            .members(reader.clone(), self.to(), vec![], 99)
            .await
            .unwrap();
        assert_eq!(listed.total as usize, listed.members.len());
        listed
            .members
            .into_iter()
            .map(|it| (it.person.name, it.role))
            .collect()
    }

    fn committed(&self) -> usize {
        self.commits.lock().unwrap().concat().len()
    }
}

fn is_role_refusal<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotAllowed(NotAllowed::RoomRole)))
}

#[tokio::test]
async fn members_add_people_once_and_only_those_there_are() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    let eve = account(&den.store, "Eve").await;
    let added = den.add(&den.cy, &eve).await.unwrap().unwrap();
    let member = eve.person.clone();
    assert_eq!(
        (added.event, added.person),
        (EventBody::MemberAdded { member }, den.cy.person.clone())
    );
    let before = den.committed();
    assert_eq!(den.add(&den.bob, &eve).await.unwrap(), None);
    assert_eq!(den.committed(), before);
    let nobody = PersonId::from_parts(NOW, [9; 10]);
    let unknown = den
        .store
        .add_member(den.ada.clone(), den.to(), nobody, NOW)
        .await;
    assert!(matches!(unknown, Err(StoreError::PersonNotFound)));
    let outside = den.add(&den.root, &den.root).await;
    assert!(
        matches!(outside, Err(StoreError::RoomNotFound)),
        "even for an owner of the server"
    );
}

#[tokio::test]
async fn moderators_remove_whom_they_are_not_below() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    assert!(is_role_refusal(&den.remove(&den.cy, &den.bob, false).await));
    den.make(&den.ada, &den.bob, RoomRole::Moderator)
        .await
        .unwrap()
        .unwrap();
    assert!(is_role_refusal(
        &den.remove(&den.bob, &den.ada, false).await
    ));
    den.add(&den.ada, &den.root).await.unwrap().unwrap();
    assert!(
        is_role_refusal(&den.remove(&den.bob, &den.root, false).await),
        "an admin"
    );
    let oneself = den.remove(&den.bob, &den.bob, false).await;
    assert!(matches!(oneself, Err(StoreError::Invalid(_))));
    let removed = den.remove(&den.bob, &den.cy, false).await.unwrap();
    let (member, banned) = (den.cy.person.clone(), false);
    assert_eq!(
        removed[0].event,
        EventBody::MemberRemoved { member, banned }
    );
    assert_eq!(den.remove(&den.bob, &den.cy, false).await.unwrap(), []);
    let gone = den.store.history(den.cy.person.id, den.to(), None, 9).await;
    assert!(matches!(gone, Err(StoreError::RoomNotFound)));
    let sent = den
        .store
        .append_message(message(den.room, &den.cy.person, 1, "hi"))
        .await;
    assert!(matches!(sent, Err(StoreError::RoomNotFound)));
    den.add(&den.bob, &den.cy).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_is_banned_stays_out_until_the_ban_is_lifted() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    let removed = den.remove(&den.ada, &den.cy, true).await.unwrap();
    assert!(matches!(
        &removed[0].event,
        EventBody::MemberRemoved { banned: true, .. }
    ));
    assert!(matches!(
        den.add(&den.ada, &den.cy).await,
        Err(StoreError::Banned)
    ));
    let before = den.committed();
    assert_eq!(den.remove(&den.ada, &den.cy, true).await.unwrap(), []);
    assert_eq!(den.committed(), before);
    let lift = async |by: &SignedIn| {
        den.store
            .lift_ban(by.clone(), den.to(), den.cy.person.id, NOW)
            .await
    };
    assert!(is_role_refusal(&lift(&den.bob).await));
    assert!(is_role_refusal(
        &den.store.bans(den.bob.clone(), den.to()).await
    ));
    let bans = den.store.bans(den.ada.clone(), den.to()).await.unwrap();
    assert_eq!(bans, (den.room, vec![den.cy.person.clone()]));
    let lifted = lift(&den.ada).await.unwrap().unwrap();
    let member = den.cy.person.clone();
    assert_eq!(lifted.event, EventBody::BanLifted { member });
    assert_eq!(lift(&den.ada).await.unwrap(), None);
    den.add(&den.ada, &den.cy).await.unwrap().unwrap();
    // Also somebody who is not in it, and who would come by themselves.
    let (hall, _) = den
        .store
        .create_room(den.ada.clone(), new_room("hall"), NOW)
        .await
        .unwrap();
    let ban = den
        .store
        .remove_member(den.ada.clone(), hall.into(), den.bob.person.id, true, NOW);
    assert_eq!(ban.await.unwrap().len(), 1);
    let joined = den.store.join(den.bob.clone(), hall.into(), NOW).await;
    assert!(matches!(joined, Err(StoreError::Banned)));
}

#[tokio::test]
async fn roles_are_the_owners_to_give_and_one_owner_stays() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    let (ada, bob, cy) = (&den.ada, &den.bob, &den.cy);
    assert!(is_role_refusal(&den.make(bob, bob, RoomRole::Owner).await));
    den.make(ada, bob, RoomRole::Moderator)
        .await
        .unwrap()
        .unwrap();
    assert!(is_role_refusal(&den.make(bob, bob, RoomRole::Owner).await));
    assert!(is_role_refusal(
        &den.make(bob, cy, RoomRole::Moderator).await
    ));
    assert!(is_role_refusal(&den.make(bob, ada, RoomRole::Member).await));
    let last = den.make(ada, ada, RoomRole::Member).await;
    assert!(matches!(last, Err(StoreError::Invalid(_))));
    let odd = den.make(ada, cy, RoomRole::Unknown).await;
    assert!(matches!(odd, Err(StoreError::Invalid(_))));
    let outside = den.make(ada, &den.root, RoomRole::Owner).await;
    assert!(matches!(outside, Err(StoreError::PersonNotFound)));
    let raised = den.make(ada, cy, RoomRole::Owner).await.unwrap().unwrap();
    let (member, role) = (cy.person.clone(), RoomRole::Owner);
    assert_eq!(raised.event, EventBody::RoomRoleChanged { member, role });
    assert_eq!(den.make(ada, cy, RoomRole::Owner).await.unwrap(), None);
    den.make(cy, ada, RoomRole::Member).await.unwrap().unwrap();
    let roles = [
        ("Ada", RoomRole::Member),
        ("Bob", RoomRole::Moderator),
        ("Cy", RoomRole::Owner),
    ];
    assert_eq!(
        den.roles(ada).await,
        roles.map(|(name, role)| (name.to_owned(), role))
    );
    // An admin counts as an owner once they are in.
    den.add(ada, &den.root).await.unwrap().unwrap();
    den.make(&den.root, ada, RoomRole::Owner)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn the_last_owner_hands_the_room_on() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    let leave = async |who: &SignedIn| den.store.leave(who.clone(), den.to(), NOW).await.unwrap();
    den.make(&den.ada, &den.cy, RoomRole::Moderator)
        .await
        .unwrap();
    let left = leave(&den.ada).await;
    let (member, role) = (den.cy.person.clone(), RoomRole::Owner);
    let handed_on = EventBody::RoomRoleChanged { member, role };
    let events: Vec<_> = left.into_iter().map(|it| it.event).collect();
    assert_eq!(
        events,
        [handed_on, EventBody::MemberLeft {}],
        "to the moderator"
    );
    den.add(&den.cy, &den.ada).await.unwrap();
    assert_eq!(leave(&den.cy).await.len(), 2);
    let roles = [("Ada", RoomRole::Member), ("Bob", RoomRole::Owner)];
    assert_eq!(
        den.roles(&den.ada).await,
        roles.map(|(name, role)| (name.to_owned(), role)),
        "to who is there longest"
    );
    den.add(&den.ada, &den.root).await.unwrap();
    let removed = den.remove(&den.root, &den.bob, false).await.unwrap();
    assert_eq!(removed.len(), 2, "also where they are removed");
    leave(&den.root).await;
    assert_eq!(leave(&den.ada).await.len(), 1, "nobody is left");
}

#[tokio::test]
async fn newcomers_read_what_came_since_where_the_room_says_so() {
    let dir = TempDir::new().unwrap();
    let den = Den::new(&dir).await;
    let since = shared::room::RoomChanges {
        history: Some(HistoryVisibility::SinceJoining),
        ..Default::default()
    };
    let change = den
        .store
        .change_room(den.ada.clone(), den.to(), None, since, NOW);
    change.await.unwrap();
    den.remove(&den.ada, &den.bob, false).await.unwrap();
    den.store
        .append_message(message(den.room, &den.ada.person, 1, "between"))
        .await
        .unwrap();
    let added = den.add(&den.ada, &den.bob).await.unwrap().unwrap().sequence;
    den.store
        .append_message(message(den.room, &den.ada.person, 2, "after"))
        .await
        .unwrap();
    let read = async |before, limit| {
        let read = den
            .store
            .history(den.bob.person.id, den.to(), before, limit);
        sequences(&read.await.unwrap().1)
    };
    assert_eq!(read(None, 200).await, [added.0, added.0 + 1]);
    assert_eq!(read(None, 1).await, [added.0 + 1]);
    assert_eq!(read(Some(added), 200).await, [0; 0]);
    let membership = den
        .store
        .membership(den.room, den.bob.person.id)
        .await
        .unwrap();
    assert_eq!(membership.unwrap().first_sequence, added);
    let cy = den
        .store
        .history(den.cy.person.id, den.to(), None, 200)
        .await
        .unwrap()
        .1;
    assert_eq!(
        cy.len() as u64,
        added.0 + 1,
        "who was there before reads all"
    );
}
