//! Builds the server with whatever page lies in `frontend/dist`.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::workspace::Workspace;

/// The release build, the one file that is the product. Returns where it lies.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace
        .cargo(["build", "--release", "--package", "server"])
        .run()?;
    Ok(path(workspace))
}

/// Where the release build lies once it is built.
pub(crate) fn path(workspace: &Workspace) -> PathBuf {
    workspace
        .target
        .join(format!("release/chinwag-server{}", env::consts::EXE_SUFFIX))
}
