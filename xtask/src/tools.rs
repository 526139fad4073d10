//! The tools that build the page and check dependencies: used from PATH where they are there in the right version, else built or fetched
//! once into the cache folder, keyed by version.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    task::Task,
    workspace::{Workspace, on_path},
};

mod deny;

pub(crate) use deny::cargo_deny;

/// The newest trunk that this project's Rust version can build.
const TRUNK: &str = "0.21.14";
/// The npm package that carries wasm-opt.
const BINARYEN: &str = "132.0.0";
/// Older ones do not know all the features that rustc uses.
const OLDEST_WASM_OPT: u32 = 108;
/// What the page is compiled for.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The folders that hold trunk and wasm-bindgen in the versions that fit.
pub(crate) struct PageTools {
    trunk: PathBuf,
    wasm_bindgen: PathBuf,
}

impl PageTools {
    /// Gets whatever is missing, which takes minutes the first time.
    pub(crate) fn get(workspace: &Workspace) -> Result<Self> {
        wasm_target()?;
        let _alone = lock(workspace)?;
        let trunk = get_from_source(
            workspace,
            "trunk",
            TRUNK,
            &["trunk"],
            &["--no-default-features"],
        )?;
        let wasm_bindgen = wasm_bindgen(workspace)?;
        // What the tools were built in is more than a gigabyte, and nobody needs it any more.
        let build = build_folder(workspace);
        if build.exists() {
            fs::remove_dir_all(&build).with_context(|| format!("removing {}", build.display()))?;
        }
        Ok(Self {
            trunk,
            wasm_bindgen,
        })
    }

    pub(crate) fn trunk(&self) -> PathBuf {
        self.trunk.join("trunk")
    }

    /// PATH with these tools first, for trunk to find.
    pub(crate) fn path(&self) -> Result<OsString> {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = [self.wasm_bindgen.clone(), self.trunk.clone()]
            .into_iter()
            .chain(env::split_paths(&rest));
        env::join_paths(folders)
            .context("a tool lies in a folder with a path separator in its name")
    }
}

/// The runner for tests in the browser, which has to match the library as wasm-bindgen itself does.
pub(crate) fn wasm_test_runner(workspace: &Workspace) -> Result<PathBuf> {
    wasm_target()?;
    let _alone = lock(workspace)?;
    Ok(wasm_bindgen(workspace)?.join("wasm-bindgen-test-runner"))
}

/// Waits until no other checkout gets tools, and holds the others back until the file is dropped.
fn lock(workspace: &Workspace) -> Result<File> {
    let path = workspace.cache.join("lock");
    let context = || format!("locking {}", path.display());
    fs::create_dir_all(&workspace.cache).with_context(context)?;
    let file = File::create(&path).with_context(context)?;
    file.lock().with_context(context)?;
    Ok(file)
}

fn build_folder(workspace: &Workspace) -> PathBuf {
    workspace.cache.join("build")
}

fn wasm_bindgen(workspace: &Workspace) -> Result<PathBuf> {
    let version = workspace.locked_version("wasm-bindgen")?;
    let programs = ["wasm-bindgen", "wasm-bindgen-test-runner"];
    get_from_source(workspace, "wasm-bindgen", &version, &programs, &[])
}

/// Adds the WebAssembly target to the installed Rust where it is not there.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries = Task::new("rustc")
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .read()?;
    if Path::new(libraries.trim()).is_dir() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!(
            "this Rust has no {WASM_TARGET} target, and there is no rustup to add it; install your system's package of it"
        );
    }
    println!("adding the {WASM_TARGET} target to Rust");
    Task::new("rustup")
        .args(["target", "add", WASM_TARGET])
        .run()
}

/// The folder that has all `programs` of a crate in exactly this version.
fn get_from_source(
    workspace: &Workspace,
    tool: &str,
    version: &str,
    programs: &[&str],
    flags: &[&str],
) -> Result<PathBuf> {
    if let Some(folder) = on_path(tool).and_then(|found| Some(found.parent()?.to_owned()))
        && all_have_version(&folder, programs, version)
    {
        return Ok(folder);
    }
    let root = workspace.cache.join(format!("{tool}-{version}"));
    let folder = root.join("bin");
    if !all_have_version(&folder, programs, version) {
        let package = if tool == "wasm-bindgen" {
            "wasm-bindgen-cli"
        } else {
            tool
        };
        install(workspace, &root, package, version, flags)?;
        if !all_have_version(&folder, programs, version) {
            bail!(
                "{} was installed but does not run; delete that folder and try again",
                folder.display()
            );
        }
    }
    Ok(folder)
}

fn all_have_version(folder: &Path, programs: &[&str], version: &str) -> bool {
    programs.iter().all(|program| {
        let said = Task::new(folder.join(program))
            .arg("--version")
            .read()
            .unwrap_or_default();
        said.split_whitespace().nth(1) == Some(version)
    })
}

fn install(
    workspace: &Workspace,
    root: &Path,
    package: &str,
    version: &str,
    flags: &[&str],
) -> Result<()> {
    println!(
        "getting {package} {version} into {} (once; it may take some minutes)",
        root.display()
    );
    let exact = format!("{package}@{version}");
    if on_path("cargo-binstall").is_some() {
        let binary = Task::new("cargo")
            .args(["binstall", "--no-confirm", "--root"])
            .arg(root)
            .arg(&exact);
        match binary.run() {
            Ok(()) => return Ok(()),
            Err(error) => {
                println!("cargo binstall has no {exact} for here ({error:#}); building it instead")
            }
        }
    }
    // Quick to build matters more here than quick to run. One folder for all tools shares their dependencies.
    let build = Task::new("cargo")
        .args(["install", "--root"])
        .arg(root)
        .arg(&exact)
        .args(flags)
        .dir(env::temp_dir())
        .env("CARGO_TARGET_DIR", build_folder(workspace))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    // A published lock file may name versions that a registry does not serve (any more).
    if let Err(error) = build.clone().arg("--locked").run() {
        println!("{error:#}\ntrying {exact} without its lock file");
        build.run()?;
    }
    Ok(())
}

/// wasm-opt, which makes the page about a sixth smaller, or `None` where it is not to be had.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Option<WasmOpt> {
    if let Some(found) = on_path("wasm-opt").and_then(WasmOpt::try_from_program) {
        return Some(found);
    }
    let folder = workspace.cache.join(format!("binaryen-{BINARYEN}"));
    let program = folder.join("node_modules/.bin/wasm-opt");
    if let Some(found) = WasmOpt::try_from_program(program.clone()) {
        return Some(found);
    }
    on_path("npm")?;
    println!(
        "getting wasm-opt (npm package binaryen {BINARYEN}) into {}",
        folder.display()
    );
    let install = fs::create_dir_all(&folder)
        .map_err(anyhow::Error::from)
        .and_then(|()| {
            Task::new("npm")
                .args([
                    "install",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                    "--loglevel=error",
                    "--prefix",
                ])
                .arg(&folder)
                .arg(format!("binaryen@{BINARYEN}"))
                .run()
        });
    if let Err(error) = install {
        println!("wasm-opt could not be fetched: {error:#}");
    }
    WasmOpt::try_from_program(program)
}

/// A wasm-opt that runs and is new enough.
pub(crate) struct WasmOpt {
    program: PathBuf,
    /// As the program states it, to tell builds apart.
    pub(crate) version: String,
}

impl WasmOpt {
    fn try_from_program(program: PathBuf) -> Option<Self> {
        let version = Task::new(&program)
            .arg("--version")
            .read()
            .ok()?
            .trim()
            .to_owned();
        let number: u32 = version
            .split_whitespace()
            .find_map(|word| word.parse().ok())?;
        (number >= OLDEST_WASM_OPT).then_some(Self { program, version })
    }

    /// Makes the file smaller, in place.
    pub(crate) fn shrink(&self, wasm: &Path) -> Result<()> {
        let features = [
            "bulk-memory",
            "multivalue",
            "mutable-globals",
            "nontrapping-float-to-int",
            "reference-types",
            "sign-ext",
            "simd",
        ];
        // The stack grows down to address 0, so that what lies below 1,024 is used only by what is about to overflow it;
        // therefore the sum of an address and a constant may become an offset. How loads and stores are aligned is a hint
        // that processors with unaligned access do not need, and without which the code packs better.
        let passes = [
            "-Oz",
            "--low-memory-unused",
            "--optimize-added-constants-propagate",
            "--dealign",
        ];
        Task::new(&self.program)
            .args(passes)
            .args(features.map(|feature| format!("--enable-{feature}")))
            .arg(wasm)
            .arg("-o")
            .arg(wasm)
            .run()
    }
}
