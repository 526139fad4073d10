//! Messages acknowledged once they are on disk: each sender waits for its acknowledgement before it sends the next.
//! Beside it, one commit for each message in SQLite alone.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::crowd::Crowd;
use crate::report::{Line, Must};
use crate::sqlite;
use crate::stats::{Latencies, alternating_ratio, median};
use crate::systems::Launcher;

const TEXT_BYTES: usize = 128;
/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// With so many senders or more, committing together must pay.
const MANY_SENDERS: usize = 256;

/// What one run found.
struct Outcome {
    per_second: f64,
    latencies: Latencies,
}

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let measured = Duration::from_secs_f64(launcher.options.seconds);
    let mut lines = Vec::new();
    for senders in &launcher.options.senders {
        let mut ours = vec![run(launcher, *senders, measured)?];
        let mut theirs = Vec::new();
        for _ in 0..launcher.options.rounds {
            let folder = launcher.folder()?;
            theirs.push(sqlite::commits_per_second(
                folder.path(),
                *senders,
                TEXT_BYTES,
                measured,
            )?);
            ours.push(run(launcher, *senders, measured)?);
        }
        let what = format!("durable sends, {senders} senders");
        let rates: Vec<f64> = ours.iter().map(|outcome| outcome.per_second).collect();
        let must = if *senders >= MANY_SENDERS {
            Must::RatioAtLeast(10.0)
        } else {
            Must::Nothing
        };
        let line = Line::new(what.clone(), median(&rates), "1/s").must(must);
        lines.push(if theirs.is_empty() {
            line
        } else {
            let ratio = alternating_ratio(&rates, &theirs);
            line.peer("SQLite, a commit each", median(&theirs), ratio)
        });
        for share in [0.5, 0.99, 0.999] {
            let figures: Vec<f64> = ours
                .iter()
                .map(|outcome| outcome.latencies.quantile_ms(share))
                .collect();
            let what = format!("{what}, p{} until acknowledged", share * 100.0);
            lines.push(Line::new(what, median(&figures), "ms"));
        }
    }
    Ok(lines)
}

fn run(launcher: &Launcher, senders: usize, measured: Duration) -> Result<Outcome> {
    let running = launcher.chinwag()?;
    let mut crowd = Crowd::join(running.http, running.dialect, senders, "sender-")?;
    let rooms = enter_own_rooms(&mut crowd, senders)?;
    let warm_up = measured.min(Duration::from_secs(1));
    let start = Instant::now();
    let mut sent_at = vec![start; senders];
    let mut latencies = Latencies::new();
    let mut counted = 0;
    let mut message = 0;
    let mut acknowledged: Vec<usize> = (0..senders).collect();
    let mut refused = None;
    while start.elapsed() < warm_up + measured {
        for sender in acknowledged.drain(..) {
            message += 1;
            sent_at[sender] = Instant::now();
            crowd.send(sender, write_message(&rooms[sender], message).as_bytes())?;
        }
        crowd.poll(PATIENCE, |sender, frame, now| {
            if frame.starts_with(br#"{"type":"message_accepted""#) {
                if start + warm_up <= now {
                    latencies.record(now.saturating_duration_since(sent_at[sender]));
                    counted += 1;
                }
                acknowledged.push(sender);
            } else if frame.starts_with(br#"{"type":"error""#) {
                refused = Some(String::from_utf8_lossy(frame).into_owned());
            }
        })?;
        if let Some(refused) = refused {
            bail!("a message was refused: {refused}");
        }
    }
    Ok(Outcome {
        per_second: f64::from(counted) / (start.elapsed() - warm_up).as_secs_f64(),
        latencies,
    })
}

/// A room for each sender, so that what is measured is committing and not fan-out. Returns the rooms' ids.
fn enter_own_rooms(crowd: &mut Crowd, senders: usize) -> Result<Vec<String>> {
    for sender in 0..senders {
        let frame = format!(r#"{{"type":"create_room","request_id":1,"name":"room-{sender}"}}"#);
        crowd.send(sender, frame.as_bytes())?;
    }
    let asked = Instant::now();
    let mut rooms = vec![None; senders];
    while rooms.iter().any(Option::is_none) {
        crowd.poll(PATIENCE, |sender, frame, _| {
            if let Ok(RoomJoined { room_id }) = serde_json::from_slice(frame) {
                rooms[sender] = Some(room_id);
            }
        })?;
        if asked.elapsed() > PATIENCE {
            bail!("not all of {senders} rooms were created");
        }
    }
    Ok(rooms.into_iter().flatten().collect())
}

/// The reply to `create_room`.
#[derive(Deserialize)]
#[serde(tag = "type", rename = "room_joined")]
struct RoomJoined {
    room_id: String,
}

fn write_message(room: &str, message: u64) -> String {
    format!(
        r#"{{"type":"send_message","request_id":{},"room":"{room}","transaction_id":"019a0000-0000-7000-8000-{message:012x}","text":"{:.<2$}"}}"#,
        message + 1,
        message,
        TEXT_BYTES
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_frame_of_the_protocol() {
        let line = write_message("lobby", 99);
        let head = shared::codec::decode_line::<shared::ClientFrame>(line.as_bytes()).unwrap();
        let shared::ClientFrame::SendMessage(message) = head.frame else {
            panic!("another frame: {line}");
        };
        assert_eq!(message.text.len(), TEXT_BYTES);
        assert!(message.transaction_id.is_some());
    }
}
