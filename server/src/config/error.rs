//! Why there is no configuration, and how that is said.

use std::path::PathBuf;

use clap::error::ErrorKind;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Help or the version was asked for, or an argument is wrong.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}, line {line}: {key}{message}", path.display())]
    Malformed {
        path: PathBuf,
        /// From 1.
        line: usize,
        /// With a colon; empty where the line has none.
        key: String,
        message: String,
    },
    #[error(
        "connections_max is {asked}, but this process may open only {files} files, which is enough for {possible}; \
         lower it or raise the limit of open files"
    )]
    TooFewFiles {
        asked: usize,
        files: usize,
        possible: usize,
    },
    /// Of TLS.
    #[error("{0}")]
    Tls(&'static str),
    #[error(
        "files_url is on {host}, where the page is as well; files need a host of their own, such as files.{host}"
    )]
    FilesHost { host: String },
}

impl ConfigError {
    /// Says it as a command does, in one line, unless it is help that was asked for; returns the exit code.
    pub fn report(&self) -> i32 {
        match self {
            Self::Arguments(error) => match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    // Nobody is left to tell where standard output is gone.
                    let _ = error.print();
                    return 0;
                }
                _other => {
                    let text = error.to_string();
                    // Usage and tips come after an empty line.
                    let said = text.lines().take_while(|line| !line.is_empty());
                    let line = said.map(str::trim).collect::<Vec<_>>().join(" ");
                    let line = line.strip_prefix("error: ").unwrap_or(&line);
                    eprintln!("chinwag-server: {line}; --help lists the arguments");
                }
            },
            Self::Unreadable { .. }
            | Self::Malformed { .. }
            | Self::TooFewFiles { .. }
            | Self::Tls(_)
            | Self::FilesHost { .. } => {
                eprintln!("chinwag-server: {self}");
            }
        }
        2
    }
}
