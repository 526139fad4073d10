//! `cargo xtask bench`: builds the product and the load generator for release and measures one with the other, the
//! window only where it is named; and gets the peers that it is compared with.

use anyhow::Result;

use crate::{desktop, page, server, system, task::Task, workspace::Workspace};

/// Measures; the arguments are the load generator's.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    page::build(workspace)?;
    server::build(workspace)?;
    if arguments.iter().any(|argument| argument == "desktop") {
        system::window()?;
        desktop::build(workspace)?;
    }
    workspace
        .cargo(["build", "--release", "--package", "bench"])
        .run()?;
    let scratch = workspace.target.join("bench-scratch");
    Task::new(workspace.target.join("release/bench"))
        .arg("--scratch")
        .arg(scratch)
        .args(arguments)
        .dir(&workspace.root)
        .replace_this_process()
}

/// Installs what Chinwag is measured against: packages of the system, and what the two lists in `bench/peers` name.
pub(crate) fn install_peers(workspace: &Workspace) -> Result<()> {
    system::node()?;
    system::peer_packages()?;
    let folder = workspace.root.join("bench/peers");
    Task::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .dir(&folder)
        .run()?;
    let python = workspace.target.join("bench-peers");
    Task::new("python3")
        .args(["-m", "venv"])
        .arg(&python)
        .run()?;
    Task::new(python.join("bin/pip"))
        .args(["install", "--quiet", "--requirement"])
        .arg(folder.join("requirements.txt"))
        .run()
}
