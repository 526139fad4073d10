//! Measures the server from outside and beside its peers: spawns it, loads it over real sockets, reads what it used
//! from `/proc`, and says of each figure whether it is what it must be.
//!
//! Reading order: `options`, `systems` (what is measured), `rows` (what is measured of it), `crowd`, `wire` and
//! `slow` (the load), `content`, `http`, `upload` and `native` (transfers), `sqlite` (a peer of our own), `screen` and `memory`
//! (the window), `process`, `stats`, `report`.

mod content;
mod crowd;
mod http;
mod memory;
mod native;
mod options;
mod process;
mod report;
mod rows;
mod screen;
mod slow;
mod sqlite;
mod stats;
mod stream;
mod systems;
mod upload;
mod wire;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;

use crate::options::Options;
use crate::process::Cores;
use crate::systems::Launcher;

fn main() -> ExitCode {
    match run(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<()> {
    let cores = if options.unpinned {
        None
    } else {
        Cores::find()?
    };
    match cores {
        Some(cores) => cores.stay_on_load()?,
        None => eprintln!("load and server share their processor cores"),
    }
    let launcher = Launcher::new(options, cores)?;
    for row in launcher.options.rows() {
        let lines = rows::measure(&launcher, *row).with_context(|| format!("measuring {row:?}"))?;
        for line in lines {
            if launcher.options.json {
                println!("{}", line.json()?);
            } else {
                println!("{}", line.text());
            }
        }
    }
    Ok(())
}
