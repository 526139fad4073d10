//! One large file up and down, over HTTP and over native TCP, beside nginx on the same disk.

use std::time::Instant;

use anyhow::Result;

use crate::content::{Content, Verifier};
use crate::http::Http;
use crate::native::Native;
use crate::report::{Line, Must};
use crate::stats::{alternating_ratio, median};
use crate::systems::Launcher;
use crate::upload::upload;

/// MiB a second, of every turn.
#[derive(Default)]
struct Speeds {
    up: Vec<f64>,
    down: Vec<f64>,
}

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let content = Content::new(launcher.options.file_mib)?;
    let hashes = content.hashes()?;
    let with_nginx = launcher.has_nginx();
    let (mut http, mut native, mut nginx) =
        (Speeds::default(), Speeds::default(), Speeds::default());
    for round in 0..=launcher.options.rounds {
        if round > 0 && with_nginx {
            nginx_turn(launcher, &content, &mut nginx)?;
        }
        http_turn(launcher, &content, &hashes, &mut http)?;
        native_turn(launcher, &content, &hashes, &mut native)?;
    }
    let size = launcher.options.file_mib;
    let line = |what: &str, ours: &[f64], theirs: &[f64], least: f64| {
        let line = Line::new(format!("{what} {size} MiB"), median(ours), "MiB/s");
        let line = line.must(Must::RatioAtLeast(least));
        if theirs.is_empty() {
            line
        } else {
            line.peer("nginx", median(theirs), alternating_ratio(ours, theirs))
        }
    };
    Ok(vec![
        line("HTTP, download of", &http.down, &nginx.down, 0.7),
        line("HTTP, upload, verified, of", &http.up, &nginx.up, 0.5),
        line("native TCP, download of", &native.down, &nginx.down, 0.7),
        line(
            "native TCP, upload, verified, of",
            &native.up,
            &nginx.up,
            0.5,
        ),
    ])
}

/// Speed in MiB a second of something that moves the whole file. What was written before is on disk by then.
fn speed<T>(content: &Content, transfer: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    rustix::fs::sync();
    let start = Instant::now();
    let result = transfer()?;
    let mib = content.layout.size_bytes as f64 / f64::from(1 << 20);
    Ok((mib / start.elapsed().as_secs_f64(), result))
}

fn http_turn(
    launcher: &Launcher,
    content: &Content,
    hashes: &(Vec<shared::ChunkHash>, shared::ContentHash),
    speeds: &mut Speeds,
) -> Result<()> {
    let running = launcher.chinwag()?;
    let token = Native::sign_in(running.tcp, "bench")?.token;
    let (up, file) = speed(content, || upload(running.http, &token, content, hashes))?;
    speeds.up.push(up);
    let mut http = Http::connect(running.http, "")?;
    let (down, _) = speed(content, || http.fetch(&file.link, |_| ()))?;
    speeds.down.push(down);
    let mut verifier = Verifier::new(content);
    http.fetch(&file.link, |piece| verifier.take(piece))?;
    verifier.finish()
}

fn native_turn(
    launcher: &Launcher,
    content: &Content,
    hashes: &(Vec<shared::ChunkHash>, shared::ContentHash),
    speeds: &mut Speeds,
) -> Result<()> {
    let running = launcher.chinwag()?;
    let mut native = Native::sign_in(running.tcp, "bench")?;
    let (up, file) = speed(content, || native.upload(content, hashes))?;
    speeds.up.push(up);
    let (down, ()) = speed(content, || native.download(&file, content, None))?;
    speeds.down.push(down);
    let mut verifier = Verifier::new(content);
    native.download(&file, content, Some(&mut verifier))?;
    verifier.finish()
}

fn nginx_turn(launcher: &Launcher, content: &Content, speeds: &mut Speeds) -> Result<()> {
    const PATH: &str = "/noise.bin";
    let running = launcher.nginx()?;
    let mut http = Http::connect(running.http, "")?;
    let (up, _) = speed(content, || {
        http.begin("PUT", PATH, content.layout.size_bytes, "")?;
        for index in 0..content.layout.count() {
            let (stamp, rest) = content.chunk(index);
            http.write(&stamp)?;
            http.write(rest)?;
        }
        http.answer()
    })?;
    speeds.up.push(up);
    let (down, _) = speed(content, || http.fetch(PATH, |_| ()))?;
    speeds.down.push(down);
    let mut verifier = Verifier::new(content);
    http.fetch(PATH, |piece| verifier.take(piece))?;
    verifier.finish()
}
