//! Builds the window. On its own, and never for `cargo xtask run`: it compiles longer than all the rest.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;

/// The release build of `chinwag-desktop`. Returns where it lies.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace
        .cargo(["build", "--release", "--package", "desktop"])
        .run()?;
    Ok(path(workspace))
}

/// Where the release build lies once it is built.
pub(crate) fn path(workspace: &Workspace) -> PathBuf {
    workspace.program("chinwag-desktop")
}
