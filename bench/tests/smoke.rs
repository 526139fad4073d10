//! Runs each row for a moment against a real server, so that none rots. It says nothing about speed.
//!
//! Started with the server's flags this program is the server itself, which saves building one more.

use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use server::{Invocation, Server, system};
use tokio::signal::unix::{SignalKind, signal};

fn main() {
    if std::env::args().nth(1).as_deref() == Some("--http") {
        serve();
        return;
    }
    let trials = vec![
        Trial::test("start", || measure(&["start"], 3).map(drop)),
        Trial::test("fan_out", fan_out),
        Trial::test("latency", || measure(&["latency"], 4).map(drop)),
        Trial::test("flood", || measure(&["flood", "--slow", "50"], 3).map(drop)),
        Trial::test("durable", || {
            measure(&["durable", "--senders", "1,8"], 8).map(drop)
        }),
        Trial::test("idle", || {
            let few = ["--connections", "50", "--tls-connections", "50"];
            measure(&[&["idle"][..], &few].concat(), 2).map(drop)
        }),
        Trial::test("page", page),
        Trial::test("transfer", || {
            measure(&["transfer", "--file-mib", "5"], 4).map(drop)
        }),
        Trial::test("big_file", || {
            measure(&["big-file", "--big-file-mib", "5"], 2).map(drop)
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn fan_out() -> Result<(), Failed> {
    let row = ["fan-out", "--members", "20", "--rates", "40"];
    let lines = measure(&row, 5)?;
    if lines[0]["figure"] != 0.0 {
        return Err(format!("not everything arrived: {}", lines[0]).into());
    }
    Ok(())
}

/// The test server carries whatever page was built, if any.
fn page() -> Result<(), Failed> {
    match measure(&["page"], 1) {
        Err(failed)
            if !failed
                .message()
                .is_some_and(|why| why.contains("carries no page")) =>
        {
            Err(failed)
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Runs the row without peers and returns its lines, which must be so many.
fn measure(row: &[&str], lines: usize) -> Result<Vec<Value>, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(row)
        .args(["--alone", "--unpinned", "--json"])
        .args(["--rounds", "1", "--seconds", "0.2", "--server"])
        .arg(std::env::current_exe()?)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let printed = String::from_utf8(output.stdout)?;
    let found: Vec<Value> = printed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    // A figure may be null: in so short a time the server's processor clock may not have ticked.
    let has_figure = |line: &Value| line.get("figure").is_some();
    if found.len() != lines || !found.iter().all(has_figure) {
        return Err(format!("expected {lines} figures:\n{printed}").into());
    }
    Ok(found)
}

/// As `chinwag-server` does.
fn serve() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(async {
        system::prepare();
        let Invocation { config, .. } =
            Invocation::from_environment().expect("the row gives valid flags");
        let server = Server::start(config).await.expect("the server starts");
        let mut terminate = signal(SignalKind::terminate()).expect("signals can be awaited");
        terminate.recv().await;
        server.stop().await;
    });
}
