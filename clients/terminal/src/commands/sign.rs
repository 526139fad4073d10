//! Coming in and going out: `sign-in`, `sign-up`, `guest`, `sign-out`; and `server`, which asks at the door.

use std::time::Duration;

use client::{Command, Entry};
use serde_json::json;
use shared::account::{InvitationDescription, InvitationPurpose, Registration, ServerDescription};
use shared::http::invitation_of_link;
use shared::{ClientFrame, ErrorCode, PersonName, RequestId, Secret, ServerFrame};

use crate::arguments::{Global, SignIn, SignUp};
use crate::failure::Failure;
use crate::output::Output;
use crate::profile;
use crate::secrets::{self, Source};
use crate::session::{Keeping, Session, unexpected};
use crate::text;

/// How long to try to tell the server that one signs out.
const SIGN_OUT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) async fn sign_in(
    global: &Global,
    arguments: SignIn,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut session = Session::knock(global)?;
    let name = name(arguments.name, global, "Name of your account").await?;
    let prompt = format!("Password of {name} on {}", global.server);
    let file = arguments.password.password_file.as_deref();
    let password = Source::current(prompt, file).read().await?;
    come_in(&mut session, output, name, password).await?;
    welcome(session, global, output).await
}

/// Asks for a code where the account does. Each is good once, so one that was mistyped is asked for again.
async fn come_in(
    session: &mut Session,
    output: &mut Output,
    name: PersonName,
    password: Secret,
) -> Result<(), Failure> {
    let entry = |code| Entry::Account {
        name: name.to_string(),
        password: password.clone(),
        code,
    };
    let needs_code = |failure: &Failure| failure.code == Some(ErrorCode::SecondFactorNeeded);
    let mut tried = session.come_in(output, entry(None)).await;
    let mut tries = 0;
    while tried.as_ref().is_err_and(needs_code)
        && (tries == 0 || secrets::is_by_hand())
        && tries < 3
    {
        if tries > 0 {
            secrets::say("That was not the present code.");
        }
        tries += 1;
        let code = secrets::code().await?;
        tried = session.come_in(output, entry(Some(code))).await;
    }
    tried
}

pub(crate) async fn sign_up(
    global: &Global,
    arguments: SignUp,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut session = Session::knock(global)?;
    let token = arguments.invitation.as_deref().map(invitation);
    let token = token.transpose()?;
    if let Some(token) = &token {
        let about = describe(&mut session, token, output).await?;
        if about.purpose == InvitationPurpose::ResetPassword {
            return new_password(session, global, &arguments, token, about, output).await;
        }
        if let Some(by) = about.by {
            let room = about.room_name.map(|room| format!(" into #{room}"));
            let room = room.unwrap_or_default();
            output.note(&format!("{} invites you{room}", by.name));
        }
    }
    let name = name(arguments.name.clone(), global, "Your name from now on").await?;
    let password = chosen(&arguments, format!("A password for {name}")).await?;
    let entry = Entry::NewAccount {
        name: name.to_string(),
        password,
        invitation: token,
    };
    session.come_in(output, entry).await?;
    welcome(session, global, output).await
}

async fn chosen(arguments: &SignUp, prompt: String) -> Result<Secret, Failure> {
    let file = arguments.password.password_file.as_deref();
    Source::current(prompt, file).choose().await
}

/// By an admin's link.
async fn new_password(
    mut session: Session,
    global: &Global,
    arguments: &SignUp,
    token: &Secret,
    about: InvitationDescription,
    output: &mut Output,
) -> Result<(), Failure> {
    let whose = about.person.map(|person| person.name);
    let whose = whose.unwrap_or_else(|| "your account".to_owned());
    output.note(&format!("this link lets {whose} choose another password"));
    let password = chosen(arguments, format!("New password of {whose}")).await?;
    let entry = Entry::NewPassword {
        token: token.clone(),
        password,
    };
    session.come_in(output, entry).await?;
    welcome(session, global, output).await
}

async fn describe(
    session: &mut Session,
    token: &Secret,
    output: &mut Output,
) -> Result<InvitationDescription, Failure> {
    let ask = ClientFrame::DescribeInvitation {
        request_id: RequestId(0),
        token: token.clone(),
    };
    match session.inquire(output, ask).await? {
        ServerFrame::InvitationDescribed(about) => Ok(about),
        _ => Err(unexpected()),
    }
}

/// The token of a link, or the token itself.
pub(crate) fn invitation(link: &str) -> Result<Secret, Failure> {
    invitation_of_link(link).ok_or_else(|| {
        Failure::usage("this is no link of an invitation; it looks like https://HOST/#invite=…")
    })
}

async fn name(
    given: Option<PersonName>,
    global: &Global,
    prompt: &str,
) -> Result<PersonName, Failure> {
    if let Some(name) = given.or_else(|| global.name.clone()) {
        return Ok(name);
    }
    if !secrets::is_by_hand() {
        return Err(Failure::usage("say who you are: give a NAME"));
    }
    let typed = secrets::line(prompt).await?;
    typed
        .parse()
        .map_err(|error| Failure::usage(format!("{error}")))
}

pub(crate) async fn guest(
    global: &Global,
    name: PersonName,
    output: &mut Output,
) -> Result<(), Failure> {
    let global = Global {
        name: Some(name),
        ..global.clone()
    };
    let session = Session::open(&global, Keeping::Passing(Vec::new()), output).await?;
    welcome(session, &global, output).await
}

/// Says who one is now, and ends.
async fn welcome(session: Session, global: &Global, output: &mut Output) -> Result<(), Failure> {
    let (person, role) = session
        .handle
        .with_view(|view| (view.person.clone(), view.role));
    let server = global.server.to_string();
    output.object(
        "signed_in",
        json!({"server": server, "person": person, "role": role}),
    )?;
    let name = person.map(|person| person.name).unwrap_or_default();
    output.line(&format!("You are {} on {server}.", text::line(&name)))?;
    session.close().await
}

pub(crate) async fn sign_out(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let server = global.server.to_string();
    let profile = profile::open(global)?;
    let Some(session) = profile.session()? else {
        return Err(Failure::failed(format!(
            "you were not signed in on {server}"
        )));
    };
    if session.is_granted()
        && let Err(failure) = tell(global, output).await
        && failure.code != Some(ErrorCode::InvalidToken)
    {
        output.note(&format!(
            "the server could not be told ({}); where you can, end this session by chinwag \
             sessions from elsewhere",
            failure.message
        ));
    }
    profile.forget_session()?;
    output.object("signed_out", json!({"server": server}))?;
    output.line(&format!("Signed out of {server}."))
}

/// Lets the server forget the session too.
async fn tell(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let global = Global {
        name: None,
        timeout: global.timeout.min(SIGN_OUT_TIMEOUT),
        ..global.clone()
    };
    let session = Session::open(&global, Keeping::Passing(Vec::new()), output).await?;
    session.handle.command(Command::SignOut)?;
    session.close().await
}

pub(crate) async fn server(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::look(global)?;
    let ask = ClientFrame::DescribeServer {
        request_id: RequestId(0),
    };
    let ServerFrame::ServerDescribed(about) = session.inquire(output, ask).await? else {
        return Err(unexpected());
    };
    output.object("server", &about)?;
    for line in told(&about) {
        output.line(&line)?;
    }
    session.close().await
}

fn told(about: &ServerDescription) -> Vec<String> {
    let name = text::line(&about.name);
    let version = text::line(&about.version);
    let accounts = match about.registration {
        Registration::Open => "Everyone may make an account: chinwag sign-up",
        Registration::Invitation => {
            "An account needs an invitation: chinwag sign-up --invitation LINK"
        }
        Registration::Closed => "No new accounts are made.",
        Registration::Unknown => "This version does not know who may make an account.",
    };
    let mut lines = vec![format!("{name}, Chinwag {version}"), accounts.to_owned()];
    if about.guests {
        lines.push("A name is enough to come in as a guest: chinwag guest NAME".to_owned());
    }
    if about.unowned {
        lines.push(
            "Nobody owns it yet: whoever started it has a link that makes its owner.".to_owned(),
        );
    }
    lines
}
