//! What a guest is asked who makes an account, and stays who they are.

use shared::Secret;
use shared::http::invitation_of_link;
use shared::limits::PASSWORD_CHARS_MAX;

use crate::api::Entry;
use crate::present::form::{Field, Kind, Values};

/// What it is for.
pub const ABOUT: &str = "You are here as a guest: only this device knows you. With a password you come back from \
                         anywhere; your name, your rooms and what you wrote stay yours.";
/// What the button says.
pub const ACTION: &str = "Create account";
/// Once it is there.
pub const DONE: &str = "You have an account now.";

/// What is asked of a guest of this name.
pub fn fields(name: &str) -> [Field; 3] {
    let autocomplete = "username";
    let username = Field::new("username", "", Kind::Fixed { autocomplete });
    let autocomplete = "new-password";
    let password = Field::new("password", "Password", Kind::Password { autocomplete });
    [
        username.value(name),
        password
            .hint("Several words are best.")
            .chars_max(PASSWORD_CHARS_MAX),
        Field::line("invitation", "Invitation link")
            .hint("Where this server asks for one.")
            .optional(),
    ]
}

/// How the guest comes in from then on, or why what was filled in will not do, for people.
pub fn entry(name: &str, values: &Values) -> Result<Entry, String> {
    let token = |link: String| {
        invitation_of_link(&link).ok_or_else(|| "This is no link of an invitation.".to_owned())
    };
    Ok(Entry::NewAccount {
        name: name.to_owned(),
        password: Secret::from(values.raw("password")),
        invitation: values.given("invitation").map(token).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_becomes_an_account() {
        let filled = |invitation: &str| {
            let values = [("password", " four words "), ("invitation", invitation)];
            let values = values
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()));
            entry("Ann", &values.collect())
        };
        let Ok(Entry::NewAccount {
            name,
            password,
            invitation,
        }) = filled(" ")
        else {
            panic!("an account without an invitation");
        };
        assert_eq!((name.as_str(), password.reveal()), ("Ann", " four words "));
        assert!(invitation.is_none());
        let token = "a".repeat(42) + "A";
        let link = format!("https://chat.example/#invite={token}");
        let Ok(Entry::NewAccount { invitation, .. }) = filled(&link) else {
            panic!("an account by an invitation");
        };
        assert_eq!(invitation.as_ref().map(Secret::reveal), Some(&*token));
        assert!(filled("https://chat.example/rooms/lobby").is_err());
    }
}
