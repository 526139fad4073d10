//! Dependencies: licences, sources, what is banned, and known weaknesses as far as their list can be had.

use anyhow::Result;

use crate::{task::Task, tools, workspace::Workspace};

/// Fails with everything that breaks `deny.toml`.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = tools::cargo_deny(workspace)?;
    let deny = || Task::new(&program).dir(&workspace.root);
    deny()
        .args(["--locked", "check", "--hide-inclusion-graph"])
        .args(["bans", "licenses", "sources"])
        .run()?;
    // A database that asks for a password cannot be reached either.
    let fetch = deny().env("GIT_TERMINAL_PROMPT", "0");
    if fetch.args(["fetch", "db"]).read().is_err() {
        println!("advisories are not checked: their database cannot be reached from here");
        return Ok(());
    }
    deny().args(["--locked", "check", "advisories"]).run()
}
