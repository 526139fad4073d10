//! `chinwag sign-in` and `chinwag sign-out`.

use serde_json::json;
use shared::PersonName;

use crate::arguments::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile;
use crate::session::{Keeping, Session};
use crate::text;

pub(crate) async fn sign_in(
    global: &Global,
    name: PersonName,
    output: &mut Output,
) -> Result<(), Failure> {
    let global = Global {
        name: Some(name),
        ..global.clone()
    };
    let session = Session::open(&global, Keeping::Passing(Vec::new()), output).await?;
    let person = session.handle.with_view(|view| view.person.clone());
    let server = global.server.to_string();
    output.object("signed_in", json!({"server": server, "person": person}))?;
    let name = person.map(|person| person.name).unwrap_or_default();
    output.line(&format!("You are {} on {server}.", text::line(&name)))?;
    session.close().await
}

pub(crate) fn sign_out(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let server = global.server.to_string();
    if !profile::open(global)?.forget_session()? {
        return Err(Failure::failed(format!(
            "you were not signed in on {server}"
        )));
    }
    output.object("signed_out", json!({"server": server}))?;
    output.line(&format!("Signed out of {server}."))
}
