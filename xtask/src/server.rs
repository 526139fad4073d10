//! Builds the server with whatever page lies in `frontend/dist`, and the terminal client beside it.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;

/// The release build: the one file that is the product, and the client for terminals and scripts. Returns where
/// the server lies.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace
        .cargo([
            "build",
            "--release",
            "--package",
            "server",
            "--package",
            "terminal",
        ])
        .run()?;
    println!("terminal client: {}", client_path(workspace).display());
    Ok(path(workspace))
}

/// Where the release build lies once it is built.
pub(crate) fn path(workspace: &Workspace) -> PathBuf {
    workspace.program("chinwag-server")
}

/// Where the terminal client lies once it is built.
pub(crate) fn client_path(workspace: &Workspace) -> PathBuf {
    workspace.program("chinwag")
}
