//! Links that let people in.

use shared::account::{InvitationInfo, InvitationPurpose};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Html, html};

use crate::browser::time;
use crate::components::list::{button, list, row};
use crate::components::panel::{Panel, Shown};
use crate::components::room_sheets::invite_to_server;

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::ListInvitations {
        request_id: RequestId::default(),
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::InvitationsListed { invitations, .. } = shown.answer else {
        return None;
    };
    let create = {
        let (ui, reload) = (shown.ui.clone(), shown.reload.clone());
        move |_| ui.ask(invite_to_server(&ui, &reload))
    };
    let rows = invitations.iter().map(|one| invitation_row(shown, one));
    Some(html! {
        <>
            <div class="page-actions">
                <button class="button primary" onclick={create}>{ "New invitation" }</button>
            </div>
            { list(rows.collect(), "There are no open invitations.") }
        </>
    })
}

fn invitation_row(shown: &Shown<'_>, one: &InvitationInfo) -> Html {
    let title = match (one.purpose, &one.room_name) {
        (_, Some(room)) => format!("Into #{room}"),
        (InvitationPurpose::Own, None) => "To own this server".into(),
        (InvitationPurpose::ResetPassword, None) => "For a new password".into(),
        (InvitationPurpose::Join | InvitationPurpose::Room | InvitationPurpose::Unknown, None) => {
            "To this server".into()
        }
    };
    let by = one.by.as_ref().map(|by| format!("by {}", by.name));
    let until = time::moment(one.expires_at_ms, shown.ui.driver.now());
    let notes = [
        by.unwrap_or_default(),
        format!("used {} of {} times", one.uses, one.uses_max),
        format!("until {until}"),
    ];
    let revoke = ClientFrame::RevokeInvitation {
        request_id: RequestId::default(),
        invitation_id: one.invitation_id,
    };
    let action = button("Revoke", shown.act(revoke));
    row(
        one.invitation_id.to_string(),
        Html::default(),
        html! { { title } },
        &notes,
        action,
    )
}
