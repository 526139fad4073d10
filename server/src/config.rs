//! What the server is told by flags and by environment variables.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Team chat with file sharing that you run yourself.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "chinwag-server", version)]
pub struct Config {
    /// Address for browsers: page and WebSocket
    #[arg(long, env = "CHINWAG_HTTP", default_value = "127.0.0.1:8080")]
    pub http: SocketAddr,
    /// Address for native clients and scripts: newline-delimited JSON
    #[arg(long, env = "CHINWAG_TCP", default_value = "127.0.0.1:7878")]
    pub tcp: SocketAddr,
    /// Folder of the database; created where it is missing
    #[arg(long, env = "CHINWAG_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// Folder of uploaded files; created where it is missing
    #[arg(long, env = "CHINWAG_UPLOADS_DIR", default_value = "uploads")]
    pub uploads_dir: PathBuf,
    /// What people call this server
    #[arg(long, env = "CHINWAG_NAME", default_value = "Chinwag")]
    pub name: String,
    /// Connections, of both kinds together, above which new ones are refused
    #[arg(long, env = "CHINWAG_CONNECTIONS_MAX", default_value_t = 15_000)]
    pub connections_max: usize,
}
