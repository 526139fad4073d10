//! What the server counts, and its text for Prometheus (exposition format 0.0.4).

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::wire::Framing;

/// Upper bounds of the sizes of commits, in jobs.
const BATCH_BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Upper bounds of the durations of commits, in microseconds.
const DURATION_BOUNDS: [u64; 12] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 2_000_000,
];

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    open_lines: AtomicU64,
    open_websockets: AtomicU64,
    sessions: AtomicU64,
    refused: AtomicU64,
    throttled: AtomicU64,
    received_frames: AtomicU64,
    delivered_events: AtomicU64,
    sent_bytes: AtomicU64,
    writes: AtomicU64,
    committed_jobs: AtomicU64,
    committed_events: AtomicU64,
    damaged_chunks: AtomicU64,
    scrubbed_bytes: AtomicU64,
    batches: Histogram<{ BATCH_BOUNDS.len() }>,
    durations: Histogram<{ DURATION_BOUNDS.len() }>,
}

#[derive(Debug)]
struct Histogram<const N: usize> {
    buckets: [AtomicU64; N],
    count: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }
}

impl<const N: usize> Histogram<N> {
    fn observe(&self, value: u64, bounds: &[u64; N]) {
        if let Some(bucket) = bounds.iter().position(|bound| value <= *bound) {
            self.buckets[bucket].fetch_add(1, Relaxed);
        }
        self.sum.fetch_add(value, Relaxed);
        self.count.fetch_add(1, Relaxed);
    }

    /// `per_unit` of what was observed make one of the unit that is told.
    fn render(&self, out: &mut String, name: &str, bounds: &[u64; N], per_unit: f64) {
        let mut below = 0;
        let _ = writeln!(out, "# TYPE {name} histogram");
        for (bound, bucket) in bounds.iter().zip(&self.buckets) {
            below += bucket.load(Relaxed);
            let bound = *bound as f64 / per_unit;
            let _ = writeln!(out, "{name}_bucket{{le=\"{bound}\"}} {below}");
        }
        let count = self.count.load(Relaxed);
        let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}");
        let _ = writeln!(
            out,
            "{name}_sum {}",
            self.sum.load(Relaxed) as f64 / per_unit
        );
        let _ = writeln!(out, "{name}_count {count}");
    }
}

impl Metrics {
    fn open(&self, framing: Framing) -> &AtomicU64 {
        match framing {
            Framing::Lines => &self.open_lines,
            Framing::WebSocket => &self.open_websockets,
        }
    }

    /// Somebody has signed in.
    pub(crate) fn opened(&self, framing: Framing) {
        self.open(framing).fetch_add(1, Relaxed);
        self.sessions.fetch_add(1, Relaxed);
    }

    pub(crate) fn closed(&self, framing: Framing) {
        self.open(framing).fetch_sub(1, Relaxed);
    }

    /// A connection was one too many.
    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// A request, or a connection, came too soon after others.
    pub(crate) fn throttled(&self) {
        self.throttled.fetch_add(1, Relaxed);
    }

    pub(crate) fn received(&self) {
        self.received_frames.fetch_add(1, Relaxed);
    }

    /// A chunk was read that the disk has lost.
    pub(crate) fn damaged(&self) {
        self.damaged_chunks.fetch_add(1, Relaxed);
    }

    /// So much was read only to see whether it is there.
    pub(crate) fn scrubbed(&self, bytes: u64) {
        self.scrubbed_bytes.fetch_add(bytes, Relaxed);
    }

    /// One write to a peer, with so many events in it.
    pub(crate) fn wrote(&self, bytes: usize, events: u64) {
        self.writes.fetch_add(1, Relaxed);
        self.sent_bytes.fetch_add(bytes as u64, Relaxed);
        self.delivered_events.fetch_add(events, Relaxed);
    }

    /// One transaction, on disk.
    pub(crate) fn committed(&self, jobs: usize, events: usize, took: Duration) {
        self.committed_jobs.fetch_add(jobs as u64, Relaxed);
        self.committed_events.fetch_add(events as u64, Relaxed);
        self.batches.observe(jobs as u64, &BATCH_BOUNDS);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.durations.observe(took, &DURATION_BOUNDS);
    }

    /// For a scrape; `connections` are all that are open, signed in or not.
    pub(crate) fn render(&self, connections: usize) -> String {
        let mut out = String::with_capacity(4096);
        let lines = self.open_lines.load(Relaxed);
        let websockets = self.open_websockets.load(Relaxed);
        let _ = write!(
            out,
            "# TYPE chinwag_connections gauge\nchinwag_connections {connections}\n\
             # TYPE chinwag_sessions_open gauge\n\
             chinwag_sessions_open{{transport=\"tcp\"}} {lines}\n\
             chinwag_sessions_open{{transport=\"websocket\"}} {websockets}\n"
        );
        let counters = [
            ("chinwag_sessions_total", &self.sessions),
            ("chinwag_connections_refused_total", &self.refused),
            ("chinwag_throttled_total", &self.throttled),
            ("chinwag_frames_received_total", &self.received_frames),
            ("chinwag_events_delivered_total", &self.delivered_events),
            ("chinwag_sent_bytes_total", &self.sent_bytes),
            ("chinwag_writes_total", &self.writes),
            ("chinwag_jobs_committed_total", &self.committed_jobs),
            ("chinwag_events_committed_total", &self.committed_events),
            ("chinwag_damaged_chunks_read_total", &self.damaged_chunks),
            ("chinwag_scrubbed_bytes_total", &self.scrubbed_bytes),
        ];
        for (name, counter) in counters {
            let _ = writeln!(
                out,
                "# TYPE {name} counter\n{name} {}",
                counter.load(Relaxed)
            );
        }
        self.batches
            .render(&mut out, "chinwag_commit_jobs", &BATCH_BOUNDS, 1.0);
        self.durations
            .render(&mut out, "chinwag_commit_seconds", &DURATION_BOUNDS, 1e6);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_in_seconds() {
        let metrics = Metrics::default();
        metrics.committed(1, 1, Duration::from_micros(150));
        metrics.committed(3, 2, Duration::from_secs(3));
        let text = metrics.render(7);
        let lines: Vec<&str> = text.lines().collect();
        for line in [
            "chinwag_connections 7",
            "chinwag_jobs_committed_total 4",
            "chinwag_events_committed_total 3",
            "chinwag_commit_jobs_bucket{le=\"1\"} 1",
            "chinwag_commit_jobs_bucket{le=\"4\"} 2",
            "chinwag_commit_jobs_sum 4",
            "chinwag_commit_seconds_bucket{le=\"0.0001\"} 0",
            "chinwag_commit_seconds_bucket{le=\"0.0002\"} 1",
            "chinwag_commit_seconds_bucket{le=\"2\"} 1",
            "chinwag_commit_seconds_bucket{le=\"+Inf\"} 2",
        ] {
            assert!(lines.contains(&line), "{line} is missing in\n{text}");
        }
    }
}
