//! Documents name only what is there: paths and lines of code in ARCHITECTURE.md, links between documents, and in
//! PROTOCOL.md every frame, event and error code that has a golden vector.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::lines;
use crate::workspace::Workspace;

/// Fails with everything that a document names and that is not there, and the other way round.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let root = &workspace.root;
    let mut wrong = Vec::new();
    let documents = documents(root)?;
    for document in &documents {
        let text = read(document)?;
        let folder = document.parent().unwrap_or(root);
        let name = document.strip_prefix(root).unwrap_or(document).display();
        let missing = links(&text).filter(|link| !folder.join(link).exists());
        wrong.extend(missing.map(|link| format!("{name} links to {link}, which is not there")));
    }
    let architecture = read(&root.join("ARCHITECTURE.md"))?;
    let missing = quoted(&architecture).filter(|text| is_path(text) && !root.join(text).exists());
    wrong.extend(missing.map(|path| format!("ARCHITECTURE.md names {path}, which is not there")));
    wrong.extend(lines::stale(root, &architecture)?);
    wrong.extend(undocumented(root)?);
    if !wrong.is_empty() {
        bail!("documents and code differ:\n  {}", wrong.join("\n  "));
    }
    println!("{} documents are true to the files", documents.len());
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// At the top and right in the folders below it; deeper ones belong to packages that others wrote.
fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut documents = Vec::new();
    for path in entries(root)? {
        if path.is_dir() {
            documents.extend(entries(&path)?.into_iter().filter(|path| is_document(path)));
        } else if is_document(&path) {
            documents.push(path);
        }
    }
    Ok(documents)
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("reading {}", folder.display());
    let entries = fs::read_dir(folder).with_context(context)?;
    entries
        .map(|entry| Ok(entry.with_context(context)?.path()))
        .collect()
}

/// Targets of Markdown links and pictures that lie in the checkout.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    let paths = targets.map(|target| target.split('#').next().unwrap_or_default());
    paths.filter(|path| !path.is_empty() && !path.contains("://"))
}

/// What stands between backticks on one line.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// A path rather than code: it has a slash or a usual extension, and nothing else that code has.
fn is_path(text: &str) -> bool {
    let clean = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let named = [".rs", ".md", ".toml", ".css", ".html", ".js", ".py"]
        .iter()
        .any(|extension| text.ends_with(extension));
    text.chars().all(clean) && !text.starts_with('/') && (text.contains('/') || named)
}

/// Wire names that have a golden vector and do not stand in PROTOCOL.md.
fn undocumented(root: &Path) -> Result<Vec<String>> {
    let protocol = read(&root.join("PROTOCOL.md"))?;
    let mut names = Vec::new();
    for kind in ["client", "server", "event", "credentials"] {
        for path in entries(&root.join("shared/vectors").join(kind))? {
            // These stand for what this version does not know.
            if path.to_string_lossy().contains("of_the_future") {
                continue;
            }
            let text = read(&path)?;
            let frame_type = text
                .split("\"type\":")
                .nth(1)
                .and_then(|rest| rest.split('"').nth(1));
            names.extend(frame_type.map(str::to_owned));
        }
    }
    let codes = read(&root.join("shared/vectors/error_codes.json"))?;
    names.extend(codes.split('"').skip(1).step_by(2).map(str::to_owned));
    names.retain(|name| name != "of_the_future" && !is_named(&protocol, name));
    names.sort();
    names.dedup();
    let describe = |name| format!("PROTOCOL.md says nothing of {name}");
    Ok(names.into_iter().map(describe).collect())
}

/// In backticks, alone or before fields, or as a `type` in an example.
fn is_named(protocol: &str, name: &str) -> bool {
    [
        format!("`{name}`"),
        format!("`{name} "),
        format!("\"{name}\""),
    ]
    .iter()
    .any(|form| protocol.contains(form))
}

#[cfg(test)]
mod tests {
    use super::{is_named, is_path, links, quoted};

    #[test]
    fn paths_links_and_names_are_told_from_code() {
        let text = "See `shared/src/lib.rs` and [how](CONTRIBUTING.md#tests), [web](https://a.b/c), `a()`.";
        assert_eq!(
            quoted(text).collect::<Vec<_>>(),
            ["shared/src/lib.rs", "a()"]
        );
        assert_eq!(links(text).collect::<Vec<_>>(), ["CONTRIBUTING.md"]);
        for path in ["shared/src/", "xtask/src/main.rs", "README.md"] {
            assert!(is_path(path), "{path}");
        }
        for code in [
            "poll_output",
            "/files/<id>",
            "shared ← client",
            "Vec<u8>",
            "cargo xtask run",
        ] {
            assert!(!is_path(code), "{code}");
        }
        assert!(is_named("| `ping {request_id?}` |", "ping"));
        assert!(!is_named("| `pings` |", "ping"));
    }
}
