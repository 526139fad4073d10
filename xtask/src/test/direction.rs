//! Dependencies point one way: `shared ← client ← {frontend, clients/*}` and `shared ← {server, bench}`; only tests
//! use `clients/testing`, which starts a server. What every client is made of knows no runtime, no transport, no screen
//! and no database.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::{tools::WASM_TARGET, workspace::Workspace};

/// What must not be found anywhere below a crate, its tests aside.
struct Rule {
    package: &'static str,
    /// For which target, in cargo's words: what a crate is not compiled for says nothing about it.
    target: &'static str,
    forbidden: &'static [&'static str],
}

const HOST: &str = "host-tuple";

const RULES: &[Rule] = &[
    Rule {
        package: "shared",
        target: "all",
        forbidden: &[
            "client",
            "server",
            "tokio",
            "hyper",
            "warp",
            "tungstenite",
            "yew",
            "web-sys",
            "rusqlite",
        ],
    },
    Rule {
        package: "client",
        target: "all",
        forbidden: &[
            "server",
            "tokio",
            "hyper",
            "warp",
            "tungstenite",
            "yew",
            "web-sys",
            "rusqlite",
        ],
    },
    Rule {
        package: "frontend",
        target: WASM_TARGET,
        forbidden: &["server", "tokio", "warp", "rusqlite"],
    },
    Rule {
        package: "native",
        target: HOST,
        forbidden: &["server", "warp", "yew", "web-sys", "rusqlite"],
    },
    Rule {
        package: "terminal",
        target: HOST,
        forbidden: &["server", "warp", "yew", "web-sys", "rusqlite"],
    },
    Rule {
        package: "desktop",
        target: HOST,
        forbidden: &["server", "warp", "yew", "web-sys", "rusqlite"],
    },
    Rule {
        package: "testing",
        target: HOST,
        forbidden: &["client", "native", "terminal", "desktop", "yew", "web-sys"],
    },
    Rule {
        package: "server",
        target: HOST,
        forbidden: &["client", "yew", "web-sys"],
    },
    Rule {
        package: "bench",
        target: HOST,
        forbidden: &["server", "warp", "yew", "web-sys"],
    },
];

/// Fails with every forbidden dependency that there is.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = String::new();
    for Rule {
        package,
        target,
        forbidden,
    } in RULES
    {
        let tree = workspace
            .cargo([
                "tree", "--edges", "normal", "--prefix", "none", "--format", "{p}",
            ])
            .args(["--package", package, "--target", target]);
        let tree = tree.read()?;
        let names: BTreeSet<&str> = tree
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        println!("{package}: {} crates below it", names.len() - 1);
        for name in forbidden.iter().filter(|name| names.contains(*name)) {
            wrong += &format!(
                "\n  {package} must not depend on {name}; to see why it does: \
                 cargo tree -p {package} -e normal --target {target} -i {name}"
            );
        }
    }
    if !wrong.is_empty() {
        bail!("dependencies point the wrong way:{wrong}");
    }
    Ok(())
}
