//! Starts the server, says where it is, and stops it cleanly on SIGTERM or Ctrl-C, at once on the second. With a
//! command, does that instead.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use server::config::LogFormat;
use server::{Config, Invocation, Server, admin, system, thumbnail};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

mod banner;

use banner::{Banner, QrStyle};

/// Frames and rows are freed by other threads than made them, which costs the C library's allocator much more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Some(code) = thumbnail::run_if_asked(std::env::args_os().skip(1)) {
        return exit(code);
    }
    system::prepare();
    let Invocation { config, command } = match Invocation::from_environment() {
        Ok(invocation) => invocation,
        Err(error) => return exit(error.report()),
    };
    if let Some(command) = command {
        return exit(admin::run(command, &config));
    }
    let config = Config {
        thumbnailer: system::own_program().ok(),
        ..config
    };
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
    let public_url = config.public_url.clone();
    let qr_code = qr_style(config.qr_code);
    let server = Server::start(config).await?;
    say(&Banner {
        http: server.http_address(),
        tcp: server.tcp_address(),
        is_tls: server.is_tls(),
        fingerprint: server.fingerprint(),
        public_url: public_url.map(|url| url.as_str().to_owned()),
        owners_link: server.owners_link(),
        qr_code,
    });
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

/// In one write, as whoever starts servers may read no further than they need.
fn say(banner: &Banner) {
    print!("{}", banner.text());
    if let Some(warning) = banner.warning() {
        tracing::warn!("{warning}");
    }
}

/// Drawn for people, unless it was said whether to.
fn qr_style(asked: Option<bool>) -> QrStyle {
    match (asked, std::io::stdout().is_terminal()) {
        (Some(false), _) | (None, false) => QrStyle::None,
        (None | Some(true), true) => QrStyle::Terminal,
        (Some(true), false) => QrStyle::Plain,
    }
}
