//! Links that let people in.

use shared::account::{InvitationInfo, InvitationPurpose};
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Callback, Html, component, html};

use crate::browser::time;
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{button, list, missing, row};
use crate::components::request::use_answer;
use crate::components::room_sheets::{invitation, invitation_fields, show_invitation};
use crate::components::sheet::Sheet;

#[component]
pub(super) fn Invitations() -> Html {
    let ui = use_ui();
    let loaded = use_answer((), |()| ClientFrame::ListInvitations {
        request_id: RequestId::default(),
    });
    let create = {
        let (ui, reload) = (ui.clone(), loaded.reload.clone());
        move |_| ui.ask(create(&ui, &reload))
    };
    let content = match loaded.answer.as_deref() {
        Some(ServerFrame::InvitationsListed { invitations, .. }) => {
            let rows = invitations
                .iter()
                .map(|one| invitation_row(&ui, &loaded.reload, one));
            list(rows.collect(), "There are no open invitations.")
        }
        _ => missing(&loaded),
    };
    html! {
        <>
            <div class="page-actions">
                <button class="button primary" onclick={create}>{ "New invitation" }</button>
            </div>
            { content }
        </>
    }
}

fn create(ui: &Ui, reload: &Callback<()>) -> Sheet {
    let show = show_invitation(ui, "Invitation to this server".into());
    let reload = reload.clone();
    Sheet::new("Invite people", "Make a link", |values| {
        invitation(values, None)
    })
    .text("Whoever has the link can make an account.")
    .fields(invitation_fields())
    .then(move |answer| {
        reload.emit(());
        show(answer);
    })
}

fn invitation_row(ui: &Ui, reload: &Callback<()>, one: &InvitationInfo) -> Html {
    let title = match (one.purpose, &one.room_name) {
        (_, Some(room)) => format!("Into #{room}"),
        (InvitationPurpose::Own, None) => "To own this server".into(),
        (InvitationPurpose::ResetPassword, None) => "For a new password".into(),
        (InvitationPurpose::Join | InvitationPurpose::Room | InvitationPurpose::Unknown, None) => {
            "To this server".into()
        }
    };
    let by = one.by.as_ref().map(|by| format!("by {}", by.name));
    let until = time::moment(one.expires_at_ms, ui.driver.now());
    let notes = [
        by.unwrap_or_default(),
        format!("used {} of {} times", one.uses, one.uses_max),
        format!("until {until}"),
    ];
    let revoke = {
        let (ui, reload) = (ui.clone(), reload.clone());
        let frame = ClientFrame::RevokeInvitation {
            request_id: RequestId::default(),
            invitation_id: one.invitation_id,
        };
        move |_| {
            let reload = reload.clone();
            ui.act(frame.clone(), move |_| reload.emit(()));
        }
    };
    let action = button("Revoke", revoke);
    row(
        one.invitation_id.to_string(),
        Html::default(),
        html! { { title } },
        &notes,
        action,
    )
}
