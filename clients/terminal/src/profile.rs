//! Where the profile lies and who one is in it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use native::profile::Session;
use native::{Profile, ServerAddress, Trust};
use shared::PersonName;

use crate::arguments::Global;
use crate::failure::Failure;

/// The profile of the server that is asked for.
pub(crate) fn open(global: &Global) -> Result<Profile, Failure> {
    Ok(Profile::open(&root(global)?, &global.server)?)
}

fn root(global: &Global) -> Result<PathBuf, Failure> {
    match &global.profile_dir {
        Some(root) => Ok(root.clone()),
        None => native::profile::default_root().ok_or_else(|| {
            Failure::usage(
                "there is no home folder to keep the session in; name one with --profile-dir",
            )
        }),
    }
}

/// A server of web pages, and what makes it the right one. The first time, on the host that one has a session on, that
/// is what makes that one right.
pub(crate) fn trust_of_web(
    global: &Global,
    authority: &str,
) -> Result<(ServerAddress, Trust), Failure> {
    let behind_host = authority.rsplit(']').next().unwrap_or_default();
    let has_port = behind_host.contains(':');
    let port = if has_port { "" } else { ":443" };
    let web: ServerAddress = format!("{authority}{port}")
        .parse()
        .map_err(|_| Failure::usage(format!("{authority} is no address of a server")))?;
    let trust = Profile::open(&root(global)?, &web)?.trust();
    let trust = if web.host.eq_ignore_ascii_case(&global.server.host) {
        trust.or_as(open(global)?.trust())
    } else {
        trust
    };
    Ok((web, trust.stating(global.fingerprint)))
}

/// The session there is, or a new one under `--name`, or under the name that a person types.
pub(crate) fn session(profile: &Profile, global: &Global) -> Result<Session, Failure> {
    let Some(wanted) = &global.name else {
        return match profile.session()? {
            Some(session) => Ok(session),
            None => Ok(profile.session_or_claim(ask_name(global)?.as_str())?),
        };
    };
    let session = profile.session_or_claim(wanted.as_str())?;
    let name = session
        .name()
        .and_then(|name| name.parse::<PersonName>().ok());
    match name {
        Some(name) if name.key() != wanted.key() => Err(Failure::refused(format!(
            "you are signed in on {} as {name}; leave --name out, or use another --profile-dir \
             for {wanted}",
            global.server
        ))),
        Some(_) | None => Ok(session),
    }
}

fn ask_name(global: &Global) -> Result<PersonName, Failure> {
    let nobody = format!(
        "you are not signed in on {}; say who you are with --name NAME",
        global.server
    );
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::usage(nobody));
    }
    loop {
        let _ = write!(io::stderr(), "Your name on {}: ", global.server);
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Err(Failure::usage(nobody)),
            Ok(_) => {}
        }
        match line.parse() {
            Ok(name) => return Ok(name),
            Err(error) => {
                let _ = writeln!(io::stderr(), "{error}.");
            }
        }
    }
}
