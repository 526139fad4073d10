//! `cargo xtask`: everything that is done with this repository, in plain Rust. It gets the tools it needs, builds the
//! browser page and the server that carries it, runs both, and tests all.
//!
//! Reading order: `workspace` (where things are), `task` (one command to run), `tools` and `system` (what has to be
//! installed), `page`, `server` and `desktop` (the product), `test` (everything that CI runs),
//! `bench` (measuring it).

mod bench;
mod desktop;
mod page;
mod server;
mod system;
mod task;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{task::Task, workspace::Workspace};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Build, run and test Chinwag"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and the server that carries it, then start the server
    Run {
        /// Arguments for `chinwag-server`, after `--`
        #[arg(last = true)]
        server_arguments: Vec<String>,
    },
    /// Build the page, the release server that carries it, and `chinwag` and `chinwag-desktop` beside it
    Build,
    /// Check formatting, lints and dependencies, run all tests and the browser journeys
    Test {
        /// Only these steps, in the order in which the whole runs them
        #[arg(value_enum)]
        steps: Vec<test::Step>,
    },
    /// Build the product and measure it; `cargo xtask bench -- --help` lists the rows and what can be set
    Bench {
        /// Only install what Chinwag is compared with
        #[arg(long)]
        peers: bool,
        /// Rows, and arguments of the load generator
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Run { server_arguments } => {
            page::build(&workspace)?;
            let server = server::build(&workspace)?;
            Task::new(server)
                .args(server_arguments)
                .dir(&workspace.root)
                .replace_this_process()
        }
        Command::Build => {
            page::build(&workspace)?;
            let server = server::build(&workspace)?;
            let desktop = desktop::build(&workspace)?;
            println!(
                "window: {}\nserver: {}",
                desktop.display(),
                server.display()
            );
            Ok(())
        }
        Command::Test { steps } => test::run(&workspace, &steps),
        Command::Bench { peers: true, .. } => bench::install_peers(&workspace),
        Command::Bench {
            peers: false,
            arguments,
        } => bench::run(&workspace, &arguments),
    }
}
