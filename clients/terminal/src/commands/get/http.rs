//! Fetching a file over HTTP: chunk by chunk, several at once, each verified as it comes.

use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use native::target::{Target, TargetError};
use shared::content::{hash_chunk, merge_chunks};
use shared::file::FileDescription;
use shared::http::{file_link, file_path};
use shared::{ChunkLayout, ErrorReply, FileId, FileInfo};
use ureq::http::StatusCode;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};
use ureq::{Agent, Body, http};

use super::tls::{TlsConnector, TlsFailure, demands_tls};
use crate::arguments::Global;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::transfer::Bars;

/// Chunks that travel at once.
const AT_ONCE: usize = 4;
/// A chunk that comes damaged is asked for again this often.
const ATTEMPTS_MAX: u32 = 3;
/// Between two attempts after a connection that failed.
const PAUSE: Duration = Duration::from_millis(500);
/// Of the JSON that describes a file.
const DESCRIPTION_BYTES_MAX: u64 = 4 << 20;

pub(super) async fn fetch(
    global: &Global,
    link: &str,
    file_id: FileId,
    target: PathBuf,
    output: &mut Output,
) -> Result<(PathBuf, FileInfo), Failure> {
    let (scheme, rest) = link.split_once("://").unwrap_or(("http", link));
    let authority = rest.split('/').next().unwrap_or_default();
    let scheme = match scheme {
        "http" if demands_tls(global, authority)? => {
            output.note(&format!(
                "{authority} has spoken TLS before; the file comes by https://"
            ));
            "https"
        }
        scheme => scheme,
    };
    let server = format!("{scheme}://{authority}");
    let connector = TlsConnector(global.clone());
    let bars = Bars::new(output);
    let timeout = global.timeout.max(Duration::from_millis(1));
    let fetching = move || fetch_all(&server, connector, file_id, &target, timeout, bars);
    tokio::task::spawn_blocking(fetching)
        .await
        .map_err(|error| Failure::failed(error.to_string()))?
}

/// What the fetching threads report.
enum Report {
    Moved(u64),
    Stored,
    Failed(Failure),
}

/// What they share.
struct Fetching {
    agent: Agent,
    url: String,
    layout: ChunkLayout,
    description: FileDescription,
    target: Target,
    missing: Vec<u32>,
    next: AtomicUsize,
    reports: mpsc::Sender<Report>,
}

fn fetch_all(
    server: &str,
    connector: TlsConnector,
    file_id: FileId,
    target: &std::path::Path,
    timeout: Duration,
    mut bars: Bars,
) -> Result<(PathBuf, FileInfo), Failure> {
    let config = Agent::config_builder()
        .timeout_connect(Some(timeout))
        .timeout_recv_response(Some(timeout))
        .http_status_as_error(false)
        // Nobody on the way can lead to where others read along.
        .https_only(server.starts_with("https://"))
        .build();
    let connector = TcpConnector::default().chain(connector);
    let agent = Agent::with_parts(config, connector, DefaultResolver::default());
    let description = describe(&agent, server, file_id)?;
    let file = description.file.clone();
    let layout = description.layout;
    let (target, present) = Target::open(target, &description).map_err(failed)?;
    let missing: Vec<u32> = present.missing(layout.count()).collect();
    let (reports, incoming) = mpsc::channel();
    let chunks = missing.len();
    let bytes_of = |index: u32| {
        layout
            .range(index)
            .map_or(0, |range| range.end - range.start)
    };
    let mut done = layout.size_bytes - missing.iter().copied().map(bytes_of).sum::<u64>();
    let fetching = Arc::new(Fetching {
        agent,
        url: format!("{server}{}", file_link(file_id, &file.name)),
        layout,
        description,
        target,
        missing,
        next: AtomicUsize::new(0),
        reports,
    });
    for _ in 0..AT_ONCE.min(chunks) {
        let fetching = fetching.clone();
        thread::spawn(move || fetching.run());
    }
    let mut stored = 0;
    while stored < chunks {
        match incoming.recv_timeout(timeout) {
            Ok(Report::Moved(bytes)) => done += bytes,
            Ok(Report::Stored) => stored += 1,
            Ok(Report::Failed(failure)) => return Err(failure),
            Err(_) => return Err(nothing_moves(server, timeout)),
        }
        bars.show(
            "",
            file.name.as_str(),
            done.min(layout.size_bytes),
            layout.size_bytes,
        );
    }
    bars.end("");
    let path = fetching.target.finish().map_err(failed)?;
    Ok((path, file))
}

fn failed(error: TargetError) -> Failure {
    Failure::failed(error.to_string())
}

fn nothing_moves(server: &str, timeout: Duration) -> Failure {
    let seconds = timeout.as_secs_f64();
    Failure::no_connection(format!(
        "nothing came from {server} for {seconds} s; run the same command again to go on from here"
    ))
}

/// Asks what the file is, and checks that the answer is of one piece.
fn describe(agent: &Agent, server: &str, file_id: FileId) -> Result<FileDescription, Failure> {
    let url = format!("{server}{}", file_path(file_id));
    let answer = agent.get(&url).call();
    let mut answer = answer.map_err(|error| match tls_failure(&error) {
        Some(failure) => failure.clone(),
        None => Failure::no_connection(format!("could not reach {server}: {}", plain(&error))),
    })?;
    let status = answer.status();
    let body = answer
        .body_mut()
        .with_config()
        .limit(DESCRIPTION_BYTES_MAX)
        .read_to_vec()
        .map_err(|error| {
            Failure::no_connection(format!("could not read from {server}: {error}"))
        })?;
    if status != StatusCode::OK {
        return Err(match serde_json::from_slice::<ErrorReply>(&body) {
            Ok(error) => error.into(),
            Err(_) => no_server(server),
        });
    }
    let description: FileDescription =
        serde_json::from_slice(&body).map_err(|_| no_server(server))?;
    let FileDescription {
        file,
        layout,
        chunk_hashes,
        ..
    } = &description;
    let whole = merge_chunks(*layout, chunk_hashes);
    let agrees = file.file_id == file_id
        && ChunkLayout::for_size(file.size_bytes) == Some(*layout)
        && whole == Some(file.content_hash);
    if agrees {
        Ok(description)
    } else {
        Err(Failure::verification(format!(
            "{server} contradicts itself about this file; it is damaged, do not use it"
        )))
    }
}

fn no_server(server: &str) -> Failure {
    Failure::no_connection(format!("{server} is no Chinwag server, or an older one"))
}

fn plain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "nothing listens there".to_owned()
        }
        error => error.to_string(),
    }
}

/// Where that is what is wrong.
fn tls_failure(error: &ureq::Error) -> Option<&Failure> {
    let ureq::Error::Other(error) = error else {
        return None;
    };
    let TlsFailure(failure) = error.downcast_ref()?;
    Some(failure)
}

impl Fetching {
    /// Fetches one missing chunk after another.
    fn run(&self) {
        while let Some(index) = self.missing.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let report = match self.fetch(*index) {
                Ok(()) => Report::Stored,
                Err(failure) => Report::Failed(failure),
            };
            let ended = matches!(report, Report::Failed(_));
            if self.reports.send(report).is_err() || ended {
                return;
            }
        }
    }

    /// Until it is stored. Whoever waits for the reports gives up when nothing moves.
    fn fetch(&self, index: u32) -> Result<(), Failure> {
        let mut damaged = 0;
        loop {
            match self.read(index) {
                Ok(bytes) if self.is_right(index, &bytes) => {
                    let offset = self.layout.range(index).map_or(0, |range| range.start);
                    return self.target.write(&bytes, offset).map_err(failed);
                }
                Ok(_) => {
                    damaged += 1;
                    if damaged == ATTEMPTS_MAX {
                        return Err(Failure::verification(format!(
                            "chunk {index} of the file came damaged {damaged} times; what came right \
                             is kept, try again later"
                        )));
                    }
                }
                Err(Trouble::Final(failure)) => return Err(failure),
                Err(Trouble::Passing) => thread::sleep(PAUSE),
            }
        }
    }

    fn is_right(&self, index: u32, bytes: &[u8]) -> bool {
        let expected = self.description.chunk_hashes.get(index as usize);
        hash_chunk(self.layout, index, bytes).as_ref() == expected
    }

    fn read(&self, index: u32) -> Result<Vec<u8>, Trouble> {
        let range = self.layout.range(index).ok_or(Trouble::Passing)?;
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let request = self.agent.get(&self.url).header("range", asked);
        let answer = request.call().map_err(|error| match tls_failure(&error) {
            Some(failure) if failure.exit == Exit::VerificationFailed => {
                Trouble::Final(failure.clone())
            }
            Some(_) | None => Trouble::Passing,
        })?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT => {}
            StatusCode::OK if self.layout.count() == 1 => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Trouble::Passing);
            }
            _ => return Err(Trouble::Final(refused(answer))),
        }
        self.read_body(answer, range.end - range.start)
    }

    fn read_body(&self, answer: http::Response<Body>, length: u64) -> Result<Vec<u8>, Trouble> {
        let mut body = answer.into_body().into_reader().take(length);
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        let mut piece = vec![0; 64 * 1024];
        loop {
            match body.read(&mut piece) {
                Ok(0) if bytes.len() as u64 == length => return Ok(bytes),
                Ok(0) | Err(_) => return Err(Trouble::Passing),
                Ok(read) => {
                    bytes.extend_from_slice(&piece[..read]);
                    // Refused only where nobody waits any more.
                    let _ = self.reports.send(Report::Moved(read as u64));
                }
            }
        }
    }
}

/// Why a chunk did not come.
enum Trouble {
    /// The connection, or the server for the moment.
    Passing,
    Final(Failure),
}

fn refused(mut answer: http::Response<Body>) -> Failure {
    let status = answer.status();
    let body = answer
        .body_mut()
        .with_config()
        .limit(64 * 1024)
        .read_to_vec();
    let error = body
        .ok()
        .and_then(|body| serde_json::from_slice::<ErrorReply>(&body).ok());
    match error {
        Some(error) => error.into(),
        None => Failure::refused(format!("the server answers {status}; is the link right?")),
    }
}
