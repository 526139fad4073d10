//! Where the profile lies and who one is in it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use native::Profile;
use native::profile::Session;
use shared::PersonName;

use crate::arguments::Global;
use crate::failure::Failure;

/// The profile of the server that is asked for.
pub(crate) fn open(global: &Global) -> Result<Profile, Failure> {
    let root = match &global.profile_dir {
        Some(root) => root.clone(),
        None => native::profile::default_root().ok_or_else(|| {
            Failure::usage(
                "there is no home folder to keep the session in; name one with --profile-dir",
            )
        })?,
    };
    Ok(Profile::open(&root, &global.server)?)
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
