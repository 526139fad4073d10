//! `cargo xtask test`: all that must hold, step by step, the quick ones first. The first failure ends it, with the
//! command that repeats it. Nothing is skipped: what is missing is installed, or named in a failure.

mod deny;
mod direction;
mod docs;
mod lines;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use self::tally::Tally;
use crate::{
    desktop, page, server,
    system::{self, Browser},
    task::Task,
    tools,
    workspace::Workspace,
};

/// One step. The whole runs all of them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Get what the other steps need and this machine lacks
    Needs,
    /// Formatting
    Format,
    /// Which crates may depend on what
    Direction,
    /// Licences and sources of dependencies, and known weaknesses
    Deny,
    /// Documents name only what is there
    Docs,
    /// Clippy for everything native, warnings denied
    Lint,
    /// Build what the page shares with everybody for WebAssembly, on its own
    Wasm,
    /// Clippy for the page
    LintPage,
    /// All native tests
    Native,
    /// The page's own tests, in Chromium
    Page,
    /// Build the product for release: page, server, terminal client, window
    Product,
    /// People using the product, in Chromium, in a terminal and in the window
    Journeys,
}

/// Runs the given steps, or all of them.
pub(crate) fn run(workspace: &Workspace, chosen: &[Step]) -> Result<()> {
    let mut tally = Tally::default();
    let mut durations = Vec::new();
    for step in Step::value_variants() {
        if !chosen.is_empty() && !chosen.contains(step) {
            continue;
        }
        let name = step.name();
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step.run(workspace, &mut tally);
        let duration = start.elapsed();
        println!(
            "=== {name}: {} in {}",
            if result.is_ok() { "passed" } else { "FAILED" },
            seconds(duration)
        );
        durations.push((name.clone(), duration));
        if let Err(error) = result {
            println!("\n{}", summary(&durations, &tally));
            return Err(error.context(format!(
                "step {name} failed (cargo xtask test {name} runs only this step)"
            )));
        }
    }
    println!("\n{}", summary(&durations, &tally));
    Ok(())
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, workspace: &Workspace, tally: &mut Tally) -> Result<()> {
        match self {
            Self::Needs => needs(workspace),
            Self::Format => workspace.cargo(["fmt", "--all", "--check"]).run(),
            Self::Direction => direction::check(workspace),
            Self::Deny => deny::check(workspace),
            Self::Docs => docs::check(workspace),
            Self::Lint => lint(
                workspace,
                &["--workspace", "--exclude", "frontend", "--all-targets"],
            ),
            Self::Wasm => {
                tools::wasm_target()?;
                ["shared", "client"].into_iter().try_for_each(|package| {
                    workspace
                        .cargo([
                            "build",
                            "--locked",
                            "--package",
                            package,
                            "--target",
                            tools::WASM_TARGET,
                        ])
                        .run()
                })
            }
            Self::LintPage => {
                tools::wasm_target()?;
                lint(
                    workspace,
                    &[
                        "--package",
                        "frontend",
                        "--all-targets",
                        "--target",
                        tools::WASM_TARGET,
                    ],
                )
            }
            Self::Native => {
                system::file_programs()?;
                let tests = workspace.cargo(["test", "--locked", "--workspace", "--no-fail-fast"]);
                count(
                    tests.args(["--exclude", "frontend"]),
                    tally,
                    Tally::read_libtest,
                )
            }
            Self::Page => page_tests(workspace, tally),
            Self::Product => {
                page::build(workspace)?;
                server::build(workspace)?;
                desktop::build(workspace).map(drop)
            }
            Self::Journeys => journeys(workspace, tally),
        }
    }
}

fn needs(workspace: &Workspace) -> Result<()> {
    system::rust_components()?;
    tools::wasm_target()?;
    tools::cargo_deny(workspace)?;
    system::node()?;
    let browser = Browser::get()?;
    system::window()?;
    system::file_programs()?;
    system::journey_packages(workspace)?;
    println!(
        "Chromium: {}\nchromedriver: {}",
        browser.chromium.display(),
        browser.chromedriver.display()
    );
    Ok(())
}

fn lint(workspace: &Workspace, what: &[&str]) -> Result<()> {
    workspace
        .cargo(["clippy", "--locked"])
        .args(what)
        .args(["--", "-D", "warnings"])
        .run()
}

/// Reads `frontend/webdriver.json` for Chromium's flags.
fn page_tests(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    let tests = workspace
        .cargo([
            "test",
            "--locked",
            "--package",
            "frontend",
            "--target",
            tools::WASM_TARGET,
        ])
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
            tools::wasm_test_runner(workspace)?,
        )
        .env("CHROMEDRIVER", Browser::get()?.chromedriver);
    count(tests, tally, Tally::read_libtest)
}

/// Runs against the release build, which has to be there.
fn journeys(workspace: &Workspace, tally: &mut Tally) -> Result<()> {
    system::node()?;
    system::window()?;
    system::journey_packages(workspace)?;
    let (server, desktop) = (server::path(workspace), desktop::path(workspace));
    ensure!(
        server.is_file() && desktop.is_file(),
        "there is no release build to test; make it with: cargo xtask build"
    );
    let tests = Task::new("npm")
        .args(["--silent", "test"])
        .env("CHINWAG_CHROMIUM", Browser::get()?.chromium)
        .env("CHINWAG_SERVER_PROGRAM", server)
        .env("CHINWAG_CLIENT_PROGRAM", server::client_path(workspace))
        .env("CHINWAG_DESKTOP_PROGRAM", desktop)
        .dir(workspace.root.join("e2e"));
    count(tests, tally, Tally::read_node)
}

/// Runs tests and adds them to the tally. None at all is a failure: then something hides them.
fn count(tests: Task, tally: &mut Tally, read: fn(&mut Tally, &str)) -> Result<()> {
    let before = tally.total();
    tests.run_watched(|line| read(tally, line))?;
    ensure!(
        tally.total() > before,
        "no test ran; to repeat it:\n  {tests}"
    );
    Ok(())
}

fn summary(durations: &[(String, Duration)], tally: &Tally) -> String {
    let mut text = String::new();
    for (name, duration) in durations {
        text += &format!("{name:<10} {:>9}\n", seconds(*duration));
    }
    let whole = durations.iter().map(|(_, duration)| *duration).sum();
    text += &format!("{:<10} {:>9}\n", "all", seconds(whole));
    if tally.ignored > 0 {
        text += &format!(
            "{} tests are marked as ignored and did not run\n",
            tally.ignored
        );
    }
    text + &format!("{} passed, {} failed", tally.passed, tally.failed)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
