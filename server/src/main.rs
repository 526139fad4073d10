//! Starts the server, says where it is, and stops it cleanly on SIGTERM or Ctrl-C, at once on the second. With a
//! command, does that instead.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use server::config::LogFormat;
use server::{Config, Invocation, Server, admin, system};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Frames and rows are freed by other threads than made them, which costs the C library's allocator much more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    system::prepare();
    let Invocation { config, command } = match Invocation::from_environment() {
        Ok(invocation) => invocation,
        Err(error) => return exit(error.report()),
    };
    if let Some(command) = command {
        return exit(admin::run(command, &config));
    }
    log(config.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(config)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(code) => exit(code),
        Err(error) => {
            eprintln!("chinwag-server: {error}");
            exit(1)
        }
    }
}

fn exit(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CHINWAG_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Colours are for people at a terminal, not for a journal.
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// Serves until told to stop; the exit code.
async fn run(config: Config) -> anyhow::Result<i32> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let server = Server::start(config).await?;
    say_where(&server);
    loop {
        tokio::select! {
            _ = hang_up.recv() => server.reload_certificate(),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tracing::info!("stopping; once more to stop at once");
    tokio::select! {
        () = server.stop() => Ok(0),
        _ = terminate.recv() => Ok(1),
        _ = interrupt.recv() => Ok(1),
    }
}

/// Says where the server is, by what it is known, and what it means that others than this machine can read along. In
/// one write, as whoever starts servers may read no further than they need.
fn say_where(server: &Server) {
    let (http, tcp) = (server.http_address(), server.tcp_address());
    let (scheme, with) = if server.is_tls() {
        ("https", " with TLS")
    } else {
        ("http", "")
    };
    let mut said = format!("Chinwag is open at {scheme}://{http}/\nnative TCP on {tcp}{with}\n");
    if let Some(fingerprint) = server.fingerprint() {
        said += &format!("certificate fingerprint (SHA-256): {fingerprint}\n");
    }
    if let Some(token) = server.owners_link() {
        said += &format!(
            "nobody owns this server yet; whoever opens this link does: {scheme}://{http}/#invite={}\n",
            token.reveal()
        );
    }
    let warning = warning(server.is_tls(), [http, tcp]);
    if let Some(warning) = &warning {
        said += &format!("\nWARNING: {warning}\n\n");
    }
    print!("{said}");
    if let Some(warning) = warning {
        tracing::warn!("{warning}");
    }
}

/// What whoever opens the server to others without TLS should know.
fn warning(is_tls: bool, addresses: [SocketAddr; 2]) -> Option<String> {
    let is_open = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
    let open: Vec<String> = addresses
        .iter()
        .filter(|address| is_open(address))
        .map(SocketAddr::to_string)
        .collect();
    (!is_tls && !open.is_empty()).then(|| {
        format!(
            "open to others WITHOUT TLS on {}: anyone on the network between can read passwords, messages and files, \
             change them, and act as whoever signs in. Turn TLS on (--tls-self-signed, or --tls-cert and --tls-key), or \
             listen on 127.0.0.1 behind a proxy with TLS",
            open.join(" and ")
        )
    })
}
