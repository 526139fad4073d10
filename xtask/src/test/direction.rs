//! Dependencies point one way: `shared ← client ← {frontend, clients, bench}` and `shared ← server`. What every client
//! is made of knows no runtime, no transport, no screen and no database.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

/// What must not be found anywhere below a crate, its tests aside.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "shared",
        &[
            "client",
            "native",
            "server",
            "tokio",
            "hyper",
            "warp",
            "tungstenite",
            "yew",
            "web-sys",
            "rusqlite",
        ],
    ),
    (
        "client",
        &[
            "native",
            "server",
            "tokio",
            "hyper",
            "warp",
            "tungstenite",
            "yew",
            "web-sys",
            "rusqlite",
        ],
    ),
    (
        "frontend",
        &["native", "server", "tokio", "warp", "rusqlite"],
    ),
    ("native", &["server", "warp", "yew", "rusqlite"]),
    ("terminal", &["server", "warp", "yew"]),
    ("bench", &["server", "warp", "yew"]),
    ("server", &["client", "native", "yew", "web-sys"]),
];

/// Fails with every forbidden dependency that there is.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = Vec::new();
    for (package, forbidden) in FORBIDDEN {
        let tree = workspace.cargo([
            "tree",
            "--package",
            package,
            "--edges",
            "normal",
            "--target",
            "all",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let tree = tree.read()?;
        let names: BTreeSet<&str> = tree
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let found: Vec<&str> = forbidden
            .iter()
            .copied()
            .filter(|name| names.contains(name))
            .collect();
        println!(
            "{package}: {} crates, {}",
            names.len() - 1,
            if found.is_empty() {
                "none forbidden"
            } else {
                "some forbidden"
            }
        );
        wrong.extend(found.iter().map(|name| format!("{package} must not depend on {name}; see why it does: cargo tree -p {package} -e normal --target all -i {name}")));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}
