//! What the tests and the comparisons need from the system: Chromium with its driver, Node.js, curl and wget, a screen
//! and a screen reader's way into the window, nginx, Python. Where apt is there and we may use it, what is missing is installed;
//! elsewhere it is named.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    task::Task,
    workspace::{Workspace, on_path},
};

/// The oldest Node.js that the browser journeys run on.
const OLDEST_NODE: u32 = 20;

/// What the server's tests run; each is a package of its own name.
const FILE_PROGRAMS: &[&str] = &["curl", "python3", "unzip", "wget"];

/// What the journeys of the window run, and the package of each.
const WINDOW_PROGRAMS: &[(&str, &str)] = &[
    ("Xvfb", "xvfb"),
    ("dbus-daemon", "dbus-daemon"),
    ("xdotool", "xdotool"),
    ("xclip", "xclip"),
    ("nc", "netcat-openbsd"),
];

/// Libraries that the window loads, and fonts for what it shows in the pictures.
const WINDOW_PACKAGES: &[&str] = &[
    "at-spi2-core",
    "fonts-dejavu-core",
    "fonts-droid-fallback",
    "fonts-noto-color-emoji",
    "libfontconfig1",
    "libgl1",
    "libgl1-mesa-dri",
    "libx11-xcb1",
    "libxcursor1",
    "libxi6",
    "libxkbcommon-x11-0",
    "python3-gi",
];

/// Fails where something of them is missing. Mesa's drivers and the fonts are no libraries to load; whoever has
/// OpenGL has the former, and without the latter only pictures are poorer.
const WINDOW_CHECK: &str = "\
import ctypes, gi, os
for name in ['fontconfig.so.1', 'GL.so.1', 'X11-xcb.so.1', 'Xcursor.so.1', 'Xi.so.6', 'xkbcommon-x11.so.0']:
    ctypes.CDLL('lib' + name)
os.stat('/usr/share/dbus-1/services/org.a11y.Bus.service')
";

/// Programs that the tests drive.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

impl Browser {
    fn find() -> Option<Self> {
        let chosen = |name: &str| {
            env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let names = [
            "chromium",
            "chromium-browser",
            "google-chrome",
            "google-chrome-stable",
        ];
        Some(Self {
            chromium: chosen("CHINWAG_CHROMIUM").or_else(|| names.into_iter().find_map(on_path))?,
            chromedriver: chosen("CHROMEDRIVER").or_else(|| on_path("chromedriver"))?,
        })
    }

    /// Finds Chromium and its driver, or installs them.
    pub(crate) fn get() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        apt_install(&["chromium", "chromium-driver"]).context(
            "the tests need Chromium and chromedriver of the same version; put both on PATH, \
             or name them in CHINWAG_CHROMIUM and CHROMEDRIVER",
        )?;
        Self::find().context("Chromium was installed but is not on PATH")
    }
}

/// Makes sure of Node.js and npm.
pub(crate) fn node() -> Result<()> {
    let advice =
        format!("the browser journeys need Node.js {OLDEST_NODE} or newer with npm on PATH");
    if on_path("node").is_none() || on_path("npm").is_none() {
        apt_install(&["nodejs", "npm"]).with_context(|| advice.clone())?;
    }
    let version = Task::new("node").arg("--version").read()?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => bail!("{advice}; here is {}", version.trim()),
    }
}

/// Makes sure of what the window is shown on and driven by, and of nc.
pub(crate) fn window() -> Result<()> {
    let missing: Vec<&str> = WINDOW_PROGRAMS
        .iter()
        .filter(|(program, _)| on_path(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    let check = || {
        Task::new("/usr/bin/python3")
            .args(["-c", WINDOW_CHECK])
            .read()
    };
    if missing.is_empty() && check().is_ok() {
        return Ok(());
    }
    let packages = [&missing[..], WINDOW_PACKAGES].concat();
    apt_install(&packages).context(
        "the journeys show the window on a screen of their own and read it as a screen reader does",
    )?;
    check().map(drop)
}

/// Makes sure of the programs that files are sent and fetched with, as people do who have no client.
pub(crate) fn file_programs() -> Result<()> {
    let missing: Vec<&str> = FILE_PROGRAMS
        .iter()
        .copied()
        .filter(|program| on_path(program).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    apt_install(&missing)
        .context("the server's tests send, fetch and unpack files by curl, wget, unzip and Python")
}

/// Makes sure of the Rust components that the checks use.
pub(crate) fn rust_components() -> Result<()> {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let subcommand = program.trim_start_matches("cargo-");
        if Task::new("cargo")
            .args([subcommand, "--version"])
            .read()
            .is_ok()
        {
            continue;
        }
        if on_path("rustup").is_none() {
            bail!(
                "this Rust has no {component}, and there is no rustup to add it; install your system's package of it"
            );
        }
        Task::new("rustup")
            .args(["component", "add", component])
            .run()?;
    }
    Ok(())
}

/// Installs what `e2e/package-lock.json` names, unless exactly that is there.
pub(crate) fn journey_packages(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("e2e");
    let lock =
        std::fs::read(folder.join("package-lock.json")).context("reading e2e/package-lock.json")?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    Task::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .dir(&folder)
        .run()?;
    std::fs::write(&stamp, lock).with_context(|| format!("writing {}", stamp.display()))
}

/// Makes sure of what Chinwag is measured against: nginx, and what uWebSockets for Python runs on.
pub(crate) fn peer_packages() -> Result<()> {
    const PYTHON_CHECK: &str = "import ctypes, ensurepip, venv; ctypes.CDLL('libuv.so.1')";
    let python = || Task::new("python3").args(["-c", PYTHON_CHECK]).read();
    if on_path("nginx").is_some() && python().is_ok() {
        return Ok(());
    }
    apt_install(&["nginx-light", "python3-venv", "libuv1"])
        .context("measuring beside peers needs nginx, Python 3 with venv, and libuv")?;
    python().map(drop)
}

/// Installs packages by apt, as root or by a sudo that asks nothing.
fn apt_install(packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if on_path("apt-get").is_none() {
        bail!("{list} is missing, and there is no apt to install it with");
    }
    let is_root = Task::new("id").arg("-u").read()?.trim() == "0";
    if !is_root && !sudo_asks_nothing() {
        bail!("{list} is missing; install it with: sudo apt-get install {list}");
    }
    println!("installing {list} by apt");
    let apt = || {
        let task = if is_root {
            Task::new("env")
        } else {
            Task::new("sudo").args(["-n", "env"])
        };
        task.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"])
    };
    apt().arg("update").run()?;
    apt()
        .args(["install", "--no-install-recommends"])
        .args(packages)
        .run()
}

fn sudo_asks_nothing() -> bool {
    on_path("sudo").is_some()
        && Command::new("sudo")
            .args(["-n", "true"])
            .output()
            .is_ok_and(|answer| answer.status.success())
}
