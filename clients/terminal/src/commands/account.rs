//! `chinwag account`: who one is, and what one comes in with.

use std::path::Path;

use client::{Command, Entry};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use shared::account::{ChangePassword, ChangeProfile, Profile};
use shared::{ClientFrame, FileInfo, PersonId, RequestId, Role, Secret, ServerFrame, UploadId};

use crate::arguments::requests::{Account, AccountChange, Profile as ProfileChange};
use crate::commands::people::presence;
use crate::commands::requests::{done, have_done};
use crate::commands::sign;
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets::{self, Source};
use crate::session::{Session, unexpected};
use crate::{text, transfer};

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn run(
    session: &mut Session,
    account: Account,
    output: &mut Output,
) -> Result<(), Failure> {
    match account.what {
        Some(AccountChange::Create {
            invitation,
            password,
        }) => {
            let invitation = invitation.as_deref().map(sign::invitation).transpose()?;
            let file = password.password_file.as_deref();
            create(session, invitation, file, output).await
        }
        None => {
            let profile = own(session, output).await?;
            show(&profile, output)
        }
        Some(AccountChange::Profile(change)) => change_profile(session, change, output).await,
        Some(AccountChange::Password {
            current,
            new_password_file,
            sign_out_others,
        }) => {
            let current = current.password_file.as_deref();
            let new = new_password_file.as_deref();
            change_password(session, current, new, sign_out_others, output).await
        }
        Some(AccountChange::Totp {
            off: true,
            password,
        }) => {
            let password = current(password.password_file.as_deref()).await?;
            let remove = ClientFrame::RemoveTotp {
                request_id: REQUEST,
                password,
            };
            have_done(session, remove, "Signing in asks for no code.", output).await
        }
        Some(AccountChange::Totp {
            off: false,
            password,
        }) => {
            let password = current(password.password_file.as_deref()).await?;
            set_up_totp(session, password, output).await
        }
    }
}

/// Makes the guest that one is a member, under the same name and session.
async fn create(
    session: &Session,
    invitation: Option<Secret>,
    password_file: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let (person, role) = session
        .handle
        .with_view(|view| (view.person.clone(), view.role));
    let name = person.ok_or_else(unexpected)?.name;
    if role != Role::Guest {
        let text = format!("{name} has an account already; chinwag account password changes it");
        return Err(Failure::refused(text));
    }
    let prompt = format!("A password for {name}");
    let password = Source::current(prompt, password_file).choose().await?;
    let entry = Entry::NewAccount {
        name: name.clone(),
        password,
        invitation,
    };
    session.become_member(entry, output).await?;
    let line = format!("You have an account now: come in from anywhere as {name}.");
    done(&text::line(&line), output)
}

async fn current(file: Option<&Path>) -> Result<Secret, Failure> {
    Source::current("Your password", file).read().await
}

async fn own(session: &mut Session, output: &mut Output) -> Result<Profile, Failure> {
    let own = session
        .handle
        .with_view(|view| view.person.as_ref().map(|person| person.id));
    let person_id = own.ok_or_else(unexpected)?;
    profile_of(session, person_id, output).await
}

async fn profile_of(
    session: &mut Session,
    person_id: PersonId,
    output: &mut Output,
) -> Result<Profile, Failure> {
    let ask = ClientFrame::DescribePerson {
        request_id: REQUEST,
        person_id,
    };
    match session.ask(output, ask).await? {
        ServerFrame::ProfileDescribed { profile, .. } => Ok(profile),
        _ => Err(unexpected()),
    }
}

fn show(profile: &Profile, output: &mut Output) -> Result<(), Failure> {
    output.object("profile", profile)?;
    let mut rows = vec![
        ("name", text::line(&profile.person.name).into_owned()),
        ("id", profile.person.id.to_string()),
        ("role", profile.role.as_str().to_owned()),
        ("status", text::line(&profile.status_text).into_owned()),
        ("presence", presence(profile.presence).to_owned()),
    ];
    if let Some(picture) = &profile.avatar {
        rows.push(("picture", text::line(picture).into_owned()));
    }
    if profile.hides_last_seen {
        rows.push(("last seen", "hidden from others".to_owned()));
    }
    let password = match (profile.has_password, profile.has_totp) {
        (false, _) if profile.role == Role::Guest => {
            "none; chinwag account create makes an account"
        }
        (false, _) => "none; chinwag account password sets one",
        (true, false) => "set",
        (true, true) => "set, with a code besides it",
    };
    rows.push(("password", password.to_owned()));
    rows.iter()
        .filter(|(_, value)| !value.is_empty())
        .try_for_each(|(name, value)| output.line(&format!("{name:<10} {value}")))
}

async fn change_profile(
    session: &mut Session,
    change: ProfileChange,
    output: &mut Output,
) -> Result<(), Failure> {
    let picture = match &change.picture {
        Some(path) => Some(upload(session, path, output).await?),
        None => None,
    };
    let change = ClientFrame::ChangeProfile(ChangeProfile {
        request_id: REQUEST,
        name: change.rename,
        status_text: change.status,
        avatar: picture.as_ref().map(|(_, file)| file.file_id),
        remove_avatar: change.no_picture,
        hides_last_seen: change.hide_last_seen,
    });
    let ServerFrame::ProfileDescribed { profile, .. } = session.ask(output, change).await? else {
        return Err(unexpected());
    };
    if let Some((upload_id, _)) = picture {
        // Only what is remembered of it here: the picture itself stays.
        session
            .handle
            .command(Command::CancelUpload { upload_id })?;
    }
    show(&profile, output)
}

async fn upload(
    session: &mut Session,
    path: &Path,
    output: &mut Output,
) -> Result<(UploadId, FileInfo), Failure> {
    let files = transfer::find(&[path.to_owned()])?;
    let upload_ids = transfer::begin(session, &files, output)?;
    let uploaded = transfer::finish(session, &upload_ids, output).await?;
    let mut uploaded = upload_ids.into_iter().zip(uploaded);
    uploaded
        .next()
        .ok_or_else(|| Failure::failed("the picture was not taken"))
}

async fn change_password(
    session: &mut Session,
    current_file: Option<&Path>,
    new_file: Option<&Path>,
    end_other_sessions: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let has_password = own(session, output).await?.has_password;
    let current = match has_password {
        true => Some(current(current_file).await?),
        false => None,
    };
    let new = Source {
        prompt: "New password".to_owned(),
        option: "--new-password-file",
        file: new_file,
        variable: "CHINWAG_NEW_PASSWORD",
    };
    let change = ClientFrame::ChangePassword(ChangePassword {
        request_id: REQUEST,
        current,
        new: new.choose().await?,
        end_other_sessions,
    });
    have_done(session, change, "Your password is another one now.", output).await
}

/// Shows what an authenticator needs, and lets it prove that it has understood.
async fn set_up_totp(
    session: &mut Session,
    password: Secret,
    output: &mut Output,
) -> Result<(), Failure> {
    let begin = ClientFrame::BeginTotp {
        request_id: REQUEST,
        password,
    };
    let ServerFrame::TotpBegun { secret, uri, .. } = session.ask(output, begin).await? else {
        return Err(unexpected());
    };
    output.object(
        "totp_begun",
        serde_json::json!({"secret": secret, "uri": uri}),
    )?;
    output.line(&picture(&uri)?)?;
    let secret = text::line(secret.reveal()).into_owned();
    output.line(&format!(
        "Scan this with your authenticator, or type {secret} into it."
    ))?;
    let code = secrets::code().await?;
    let confirm = ClientFrame::ConfirmTotp {
        request_id: REQUEST,
        code,
    };
    session.have_done(output, confirm).await?;
    done("From now on signing in asks for a code.", output)
}

/// A QR code of half blocks, light on dark as terminals mostly are; readers take either.
fn picture(uri: &Secret) -> Result<String, Failure> {
    let code = QrCode::new(uri.reveal())
        .map_err(|error| Failure::failed(format!("the code cannot be drawn: {error}")))?;
    let mut drawn = code.render::<Dense1x2>();
    Ok(drawn
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build())
}
