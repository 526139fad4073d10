//! The table as docs/PERMISSIONS.md shows it.

use shared::roles::Place;
use shared::{Operation, Role, RoomRole};

/// Set to write the document anew.
const RENEW: &str = "CHINWAG_RENEW_DOCS";
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md");

const HEAD: &str = "# Who may do what

This page is made from the table in `shared/src/roles.rs`, which the server asks before every request; a test asks a real
server the same of everybody, over every transport. After a change of the table:

    CHINWAG_RENEW_DOCS=1 cargo test -p server --test it permissions

- **Where**: what one must be in the room that it concerns. Admins and owners of the server count as owners of the rooms
  that they are in; they cannot read rooms that they are not in.
- **Bot**: the scope that its token must have; without one, no bot may.
- Whoever has not signed in may do nothing but ask what the server is, what an invitation does, and open links to files.
- A pass to a file for members, by which browsers fetch it from a host of its own, lets its holder do no more than
  `read_file`, of that file, for some minutes and only while the session that it was given to may.
- What one may do to somebody else depends on who that is as well: only an owner changes admins and owners.

";

#[test]
fn the_document_shows_the_table() {
    let table = document();
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(PATH, &table).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(
        written == table,
        "docs/PERMISSIONS.md is not the table: {RENEW}=1 cargo test -p server --test it permissions"
    );
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    text += "| Operation | | Owner | Admin | Member | Guest | Bot | Where |\n";
    text += "|---|---|---|---|---|---|---|---|\n";
    for operation in Operation::ALL {
        text += &row(*operation);
    }
    text
}

fn row(operation: Operation) -> String {
    let rule = operation.rule();
    let may = |role| {
        if operation.is_allowed(role) {
            "yes"
        } else {
            "–"
        }
    };
    let place = match rule.place {
        Place::Anywhere => "anywhere",
        Place::Room(RoomRole::Member) => "member",
        Place::Room(RoomRole::Moderator) => "moderator",
        Place::Room(RoomRole::Owner) => "owner",
        Place::Room(RoomRole::Unknown) => "nowhere",
    };
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} | {place} |\n",
        operation.as_str(),
        operation.description().trim_end_matches('.'),
        may(Role::Owner),
        may(Role::Admin),
        may(Role::Member),
        may(Role::Guest),
        rule.scope.map_or("–", |scope| scope.as_str()),
    )
}
