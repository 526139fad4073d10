//! What a run is told.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

/// Measures Chinwag, beside its peers where they are installed.
#[derive(Debug, Clone, Parser)]
#[command(name = "bench", bin_name = "cargo xtask bench")]
pub(crate) struct Options {
    /// What to measure; where none is named, all that needs no screen
    #[arg(value_enum)]
    pub(crate) rows: Vec<Row>,
    /// The server to measure; where it is left out, the one beside this program
    #[arg(long)]
    server: Option<PathBuf>,
    /// The window to measure; where it is left out, the one beside this program
    #[arg(long)]
    desktop: Option<PathBuf>,
    /// Folder for databases and files while they are measured; its disk is what is measured
    #[arg(long)]
    pub(crate) scratch: Option<PathBuf>,
    /// Folder with the Python environment of the peers; where it is left out, the one that `--peers` fills
    #[arg(long)]
    python: Option<PathBuf>,
    /// Measure Chinwag alone
    #[arg(long)]
    pub(crate) alone: bool,
    /// Leave it to the system which processor core runs what, instead of keeping server and load apart
    #[arg(long)]
    pub(crate) unpinned: bool,
    /// Turns of each peer; Chinwag has one more
    #[arg(long, default_value_t = 2)]
    pub(crate) rounds: usize,
    /// Seconds that one measurement lasts
    #[arg(long, default_value_t = 5.0)]
    pub(crate) seconds: f64,
    /// Members of the room (fan-out)
    #[arg(long, default_value_t = 1_000)]
    pub(crate) members: usize,
    /// Messages a second (fan-out)
    #[arg(long, value_delimiter = ',', default_values_t = [200, 1_000])]
    pub(crate) rates: Vec<u32>,
    /// Senders that wait for their acknowledgement (durable)
    #[arg(long, value_delimiter = ',', default_values_t = [1, 256])]
    pub(crate) senders: Vec<usize>,
    /// Slow connections (flood)
    #[arg(long, default_value_t = 2_000)]
    pub(crate) slow: usize,
    /// Idle WebSockets (idle)
    #[arg(long, default_value_t = 15_000)]
    pub(crate) connections: usize,
    /// Idle WebSockets over TLS (idle)
    #[arg(long, default_value_t = 4_000)]
    pub(crate) tls_connections: usize,
    /// Size of the file that goes up and down (transfer)
    #[arg(long, default_value_t = 1_024)]
    pub(crate) file_mib: u64,
    /// Size of the file during which memory is watched (big-file)
    #[arg(long, default_value_t = 4_096)]
    pub(crate) big_file_mib: u64,
    /// Seconds in which nothing happens (desktop)
    #[arg(long, default_value_t = 60.0)]
    pub(crate) idle_seconds: f64,
    /// Messages of the room that is scrolled (desktop)
    #[arg(long, default_value_t = 100_000)]
    pub(crate) messages: usize,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// A group of figures that are measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// From spawning the server to its first healthy answer, and its memory then
    Start,
    /// What the page loads first, compressed
    Page,
    /// Messages to all members of one room
    FanOut,
    /// Delivery latency in a room of 100 at 50 messages a second
    Latency,
    /// The same beside thousands of connections that only cost
    Flood,
    /// Messages acknowledged once they are on disk
    Durable,
    /// Memory per idle connection
    Idle,
    /// One large file up and down
    Transfer,
    /// Memory while a larger file goes up and down
    BigFile,
    /// The window on a screen in memory; only where it is named
    Desktop,
}

impl Options {
    /// The rows to measure, in the order of the table.
    pub(crate) fn rows(&self) -> &[Row] {
        if self.rows.is_empty() {
            // The window comes last.
            let rows = Row::value_variants();
            rows.split_last().map_or(rows, |(_, others)| others)
        } else {
            &self.rows
        }
    }

    pub(crate) fn server(&self) -> Result<PathBuf> {
        program(self.server.as_ref(), "chinwag-server")
    }

    pub(crate) fn desktop(&self) -> Result<PathBuf> {
        program(self.desktop.as_ref(), "chinwag-desktop")
    }

    /// The Python that has the peers' packages, whether or not it is there.
    pub(crate) fn python(&self) -> Result<PathBuf> {
        let folder = match &self.python {
            Some(folder) => folder.clone(),
            None => beside_this_program("../bench-peers")?,
        };
        Ok(folder.join("bin/python"))
    }
}

fn program(chosen: Option<&PathBuf>, name: &str) -> Result<PathBuf> {
    let path = match chosen {
        Some(path) => path.clone(),
        None => beside_this_program(name)?,
    };
    path.canonicalize().with_context(|| {
        format!(
            "there is no {name} at {}; build it with: cargo xtask build",
            path.display()
        )
    })
}

fn beside_this_program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program's own file")?;
    Ok(own.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_lists_are_read() {
        let options = Options::try_parse_from([
            "bench",
            "fan-out",
            "idle",
            "--rates",
            "50,200",
            "--alone",
            "--seconds",
            "0.5",
        ])
        .unwrap();
        assert_eq!(options.rows(), [Row::FanOut, Row::Idle]);
        assert_eq!(options.rates, [50, 200]);
        assert!(options.alone && !options.json);
        assert!(Options::try_parse_from(["bench", "fan-in"]).is_err());
    }

    #[test]
    fn no_row_means_all() {
        let options = Options::try_parse_from(["bench"]).unwrap();
        assert!(options.rows().contains(&Row::BigFile) && !options.rows().contains(&Row::Desktop));
        assert_eq!(options.rates, [200, 1_000]);
    }
}
