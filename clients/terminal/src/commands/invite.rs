//! `chinwag invite`: links that let people in.

use serde_json::json;
use shared::account::{CreateInvitation, InvitationInfo, InvitationPurpose};
use shared::http::invitation_link;
use shared::{ClientFrame, RequestId, Secret, ServerFrame};

use crate::arguments::requests::{Invite, InviteChange};
use crate::commands::requests::have_done;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn run(
    session: &mut Session,
    invite: Invite,
    output: &mut Output,
) -> Result<(), Failure> {
    match invite.what {
        None => {
            let create = ClientFrame::CreateInvitation(CreateInvitation {
                request_id: REQUEST,
                room: invite.new.room,
                expires_in_ms: invite.new.expires,
                uses_max: invite.new.uses,
            });
            create_link(session, create, output).await
        }
        Some(InviteChange::List) => list(session, output).await,
        Some(InviteChange::Revoke { id }) => {
            let revoke = ClientFrame::RevokeInvitation {
                request_id: REQUEST,
                invitation_id: id,
            };
            have_done(session, revoke, "The link is good for nothing now.", output).await
        }
    }
}

/// Has a link made and prints it, which happens this once.
pub(crate) async fn create_link(
    session: &mut Session,
    frame: ClientFrame,
    output: &mut Output,
) -> Result<(), Failure> {
    let answer = session.ask(output, frame).await?;
    let ServerFrame::InvitationCreated {
        invitation, token, ..
    } = answer
    else {
        return Err(unexpected());
    };
    print_link(session, &invitation, &token, output)
}

fn print_link(
    session: &Session,
    invitation: &InvitationInfo,
    token: &Secret,
    output: &mut Output,
) -> Result<(), Failure> {
    let url = session.page_address_of(&invitation_link(token));
    output.object(
        "invitation_created",
        json!({"url": url, "invitation": invitation, "token": token}),
    )?;
    output.line(&text::line(&url))
}

async fn list(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    let ask = ClientFrame::ListInvitations {
        request_id: REQUEST,
    };
    let ServerFrame::InvitationsListed { invitations, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for invitation in &invitations {
        output.object("invitation", invitation)?;
        output.line(&row(invitation))?;
    }
    Ok(())
}

fn row(invitation: &InvitationInfo) -> String {
    let to = match (invitation.purpose, &invitation.room_name) {
        (_, Some(room)) => format!("into #{room}"),
        (InvitationPurpose::Own, None) => "to own the server".to_owned(),
        (InvitationPurpose::ResetPassword, None) => "to choose another password".to_owned(),
        (InvitationPurpose::Join | InvitationPurpose::Room | InvitationPurpose::Unknown, None) => {
            "to the server".to_owned()
        }
    };
    let by = invitation.by.as_ref().map(|person| person.name.as_str());
    format!(
        "{}  {:<28} by {:<20} used {} of {}, until {}",
        invitation.invitation_id,
        text::line(&to),
        text::line(by.unwrap_or("the server")),
        invitation.uses,
        invitation.uses_max,
        text::when(invitation.expires_at_ms)
    )
}
