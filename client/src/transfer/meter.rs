//! How fast a transfer is, and when its progress is worth showing.

use std::collections::VecDeque;

use shared::TimestampMs;

use crate::transfer::Progress;

/// The speed is that of the last so many milliseconds.
const WINDOW_MS: u64 = 5_000;
/// Before this long a speed says nothing.
const SETTLING_MS: u64 = 500;
/// Where the speed is measured from moves on in steps of so long.
const SAMPLE_MS: u64 = 250;
/// Progress is shown at most this often.
const SHOW_EVERY_MS: u64 = 100;

/// Measures one transfer.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// When so many bytes had moved, oldest first.
    samples: VecDeque<(TimestampMs, u64)>,
    moved_at: Option<TimestampMs>,
    shown_at: Option<TimestampMs>,
    unshown: bool,
    /// As it was last shown.
    speed: Option<u64>,
}

impl Meter {
    /// Nothing has moved yet, or moves any more; what was done before says nothing about the speed.
    pub(crate) fn reset(&mut self, progress: &mut Progress, done_bytes: u64) {
        self.stop();
        self.unshown = false;
        progress.done_bytes = done_bytes;
        progress.bytes_per_second = None;
    }

    /// Takes note of `done_bytes`. Whether it is time to show it.
    pub(crate) fn moved(
        &mut self,
        progress: &mut Progress,
        done_bytes: u64,
        now: TimestampMs,
    ) -> bool {
        match self.samples.back() {
            Some((at, _)) if now.since_ms(*at) < SAMPLE_MS => {}
            Some(_) => self.samples.push_back((now, done_bytes)),
            None => self.samples.push_back((now, progress.done_bytes)),
        }
        self.moved_at = Some(now);
        progress.done_bytes = done_bytes;
        self.unshown = true;
        self.show(progress, now)
    }

    /// Bytes per second, as last shown.
    pub(crate) fn speed(&self) -> Option<u64> {
        self.speed
    }

    /// When [`Self::timeout`] is due.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        if self.unshown {
            return self.shown_at.map(|at| at.plus_ms(SHOW_EVERY_MS));
        }
        // A speed that was shown must not stand there for ever.
        self.moved_at.map(|at| at.plus_ms(WINDOW_MS))
    }

    /// Whether there is something to show.
    pub(crate) fn timeout(&mut self, progress: &mut Progress, now: TimestampMs) -> bool {
        if self.poll_timeout().is_none_or(|at| now < at) {
            return false;
        }
        if !self.unshown {
            self.stop();
            self.unshown = true;
        }
        self.show(progress, now)
    }

    fn stop(&mut self) {
        self.samples.clear();
        self.moved_at = None;
        self.speed = None;
    }

    fn show(&mut self, progress: &mut Progress, now: TimestampMs) -> bool {
        let due = |at: TimestampMs| now.since_ms(at) >= SHOW_EVERY_MS;
        if !self.shown_at.is_none_or(due) {
            return false;
        }
        self.speed = self.bytes_per_second(progress.done_bytes, now);
        progress.bytes_per_second = self.speed;
        self.shown_at = Some(now);
        self.unshown = false;
        true
    }

    fn bytes_per_second(&mut self, done_bytes: u64, now: TimestampMs) -> Option<u64> {
        while self.samples.len() > 1 && now.since_ms(self.samples[1].0) >= WINDOW_MS {
            self.samples.pop_front();
        }
        let (since, before) = *self.samples.front()?;
        let elapsed_ms = now.since_ms(since);
        // Less than before is there where a chunk was lost on its way.
        let moved = done_bytes.checked_sub(before).filter(|moved| *moved > 0)?;
        (elapsed_ms >= SETTLING_MS).then(|| moved.saturating_mul(1000) / elapsed_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        let mut progress = Progress::default();
        let mut shown = 0;
        // A second at 1 MB/s, then ten at 3 MB/s, in steps of 10 ms.
        let mut done_bytes = 0;
        for step in 0..1_100 {
            done_bytes += if step < 100 { 10_000 } else { 30_000 };
            let now = TimestampMs(1_000 + step * 10);
            shown += u32::from(meter.moved(&mut progress, done_bytes, now));
            if step == 99 {
                let speed = progress.bytes_per_second.expect("a speed");
                assert!((900_000..1_100_000).contains(&speed), "{speed}");
            }
        }
        let speed = progress.bytes_per_second.expect("a speed");
        assert!((2_900_000..3_100_000).contains(&speed), "{speed}");
        assert!((100..=111).contains(&shown), "ten times a second: {shown}");
        assert_eq!(progress.done_bytes, done_bytes);
    }

    #[test]
    fn a_transfer_that_stands_still_loses_its_speed() {
        let mut meter = Meter::default();
        let mut progress = Progress::default();
        for step in 0..20 {
            meter.moved(&mut progress, step * 1_000, TimestampMs(step * 100));
        }
        assert!(progress.bytes_per_second.is_some());
        let at = meter.poll_timeout().expect("a time");
        assert!(meter.timeout(&mut progress, at));
        assert_eq!(progress.bytes_per_second, None);
        assert_eq!(meter.poll_timeout(), None);
    }
}
