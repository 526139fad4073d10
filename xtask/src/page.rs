//! Builds the browser page into `frontend/dist`, from where the server's build script embeds it. Does nothing when
//! nothing that goes into the page has changed, and leaves files with unchanged content untouched, so that the server
//! is not compiled again for nothing.

mod mirror;
mod styles;

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    task::Task,
    tools::{self, PageTools, WasmOpt},
    workspace::Workspace,
};

/// Everything in the checkout that the page is made from.
const INPUTS: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    ".cargo",
    "client",
    "frontend",
    "shared",
    "xtask/src/page",
    "xtask/src/page.rs",
    "xtask/src/tools.rs",
];
/// Beside the page, and hidden so that it is not embedded: the fingerprint of what it was made from.
const STAMP: &str = ".inputs";

/// Brings `frontend/dist` up to date.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let tools = PageTools::get(workspace)?;
    let wasm_opt = tools::wasm_opt(workspace);
    let dist = workspace.root.join("frontend/dist");
    let fingerprint = fingerprint(workspace, wasm_opt.as_ref())?;
    if fs::read_to_string(dist.join(STAMP)).is_ok_and(|stamp| stamp == fingerprint) {
        println!("the page is up to date");
        return Ok(());
    }

    println!("building the page");
    let staged = workspace.target.join("page");
    trunk_build(workspace, &tools, &staged)?;
    let wasm = wasm_files(&staged)?;
    match &wasm_opt {
        Some(wasm_opt) => wasm.iter().try_for_each(|file| wasm_opt.shrink(file))?,
        None => println!(
            "note: there is no wasm-opt, so the page is larger than it could be; \
             install npm or binaryen and build again for a smaller one"
        ),
    }
    styles::bundle(&staged)?;
    fs::write(staged.join(STAMP), fingerprint)?;
    mirror::mirror(&staged, &dist)
        .with_context(|| format!("copying the built page to {}", dist.display()))
}

fn trunk_build(workspace: &Workspace, tools: &PageTools, staged: &Path) -> Result<()> {
    // trunk runs offline, and cargo below it too, so that all packages have to be here before.
    workspace
        .cargo(["fetch", "--quiet", "--target", tools::WASM_TARGET])
        .run()?;
    let path = tools.path()?;
    Task::new(tools.trunk())
        .args(["build", "--release", "--dist"])
        .arg(staged)
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", &workspace.target)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // trunk reads this variable as a yes or no, unlike everybody else.
        .without_env("NO_COLOR")
        .dir(&workspace.root)
        .run()
}

fn wasm_files(staged: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(staged)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        bail!("trunk wrote no .wasm file into {}", staged.display());
    }
    Ok(files)
}

/// A digest of all that decides what the page will be. Contents rather than times: a checkout, a branch switch or a
/// touched file says nothing about them, and all of it is read in milliseconds.
fn fingerprint(workspace: &Workspace, wasm_opt: Option<&WasmOpt>) -> Result<String> {
    let mut digest = DefaultHasher::new();
    Task::new("rustc")
        .arg("--version")
        .read()?
        .hash(&mut digest);
    wasm_opt.map(|tool| &tool.version).hash(&mut digest);
    for input in INPUTS {
        hash_tree(&workspace.root.join(input), &mut digest)?;
    }
    Ok(format!("{:016x}\n", digest.finish()))
}

fn hash_tree(path: &Path, digest: &mut DefaultHasher) -> Result<()> {
    let is_ignored = ["dist", "target", "node_modules"]
        .iter()
        .any(|name| path.ends_with(name));
    if is_ignored || !path.exists() {
        return Ok(());
    }
    let context = || format!("reading {}", path.display());
    path.hash(digest);
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(context)?;
        let mut children = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        children.sort();
        children
            .iter()
            .try_for_each(|child| hash_tree(child, digest))
    } else {
        fs::read(path).with_context(context)?.hash(digest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        hash::{DefaultHasher, Hasher},
        path::Path,
    };

    use super::hash_tree;

    fn digest(folder: &Path) -> u64 {
        let mut digest = DefaultHasher::new();
        hash_tree(folder, &mut digest).expect("the folder can be read");
        digest.finish()
    }

    #[test]
    fn the_fingerprint_follows_names_and_contents_and_leaves_out_the_output() {
        let folder = crate::workspace::test_folder("fingerprint");
        fs::create_dir_all(folder.join("src")).expect("create");
        fs::write(folder.join("src/a.rs"), "a").expect("write");
        let before = digest(&folder);
        fs::create_dir_all(folder.join("dist")).expect("create");
        fs::write(folder.join("dist/x.wasm"), "x").expect("write");
        assert_eq!(digest(&folder), before, "the output is no input");
        fs::write(folder.join("src/a.rs"), "a").expect("write");
        assert_eq!(
            digest(&folder),
            before,
            "the same content is the same input"
        );
        fs::write(folder.join("src/a.rs"), "b").expect("write");
        assert_ne!(digest(&folder), before);
        fs::write(folder.join("src/a.rs"), "a").expect("write");
        fs::rename(folder.join("src/a.rs"), folder.join("src/b.rs")).expect("rename");
        assert_ne!(digest(&folder), before);
        fs::remove_dir_all(folder).expect("clean up");
    }
}
