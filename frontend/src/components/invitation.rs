//! Following a link by which somebody came who was signed in already.

use client::Command;
use client::present::sheet::Sheet;
use shared::account::{InvitationDescription, InvitationPurpose};
use shared::{ClientFrame, RequestId, ServerFrame};

use yew::Callback;

use crate::browser::location;
use crate::components::hooks::Ui;
use crate::components::welcome::gate;

/// Into a room at once. What only somebody else can use asks whether to sign out.
pub(crate) async fn follow(ui: Ui, token: String) {
    let found = match gate::describe(&ui.driver, &token).await {
        Ok(found) => found,
        Err(error) => {
            location::drop_fragment();
            return ui.say.emit(error.message);
        }
    };
    match found.purpose {
        InvitationPurpose::Room => enter(&ui, token),
        InvitationPurpose::Own | InvitationPurpose::ResetPassword => ask(&ui, &found),
        InvitationPurpose::Join | InvitationPurpose::Unknown => location::drop_fragment(),
    }
}

fn enter(ui: &Ui, token: String) {
    location::drop_fragment();
    let accept = ClientFrame::AcceptInvitation {
        request_id: RequestId::default(),
        token: token.into(),
    };
    let opens = ui.clone();
    ui.act(accept, move |answer| {
        if let ServerFrame::RoomJoined { room_id, .. } = answer {
            opens.open(room_id);
        }
    });
}

fn ask(ui: &Ui, found: &InvitationDescription) {
    let text = match &found.person {
        Some(person) => format!("The link is for a new password of {}.", person.name),
        None => "The link makes whoever follows it the owner of this server.".into(),
    };
    let driver = ui.driver.clone();
    // No request: the page that comes after signing out follows the link.
    let sheet = Sheet::new("Sign out to follow the link?", "Sign out", move |_| {
        let _ = driver.command(Command::SignOut);
        Err("Signing out.".into())
    });
    ui.ask(sheet.text(text), &Callback::noop());
}
