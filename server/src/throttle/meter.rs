//! One meter: so much at once, and so much a second in the long run (the generic cell rate algorithm).

use std::time::Duration;

use tokio::time::Instant;

use super::RetryAfter;
use super::bounded::Entry;

/// Whoever was refused is refused for so long at least. What was on its way behind the refused request is then refused
/// with it, instead of overtaking it.
const REFUSED_MIN: Duration = Duration::from_secs(1);

/// How much there may be of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rate {
    /// At once.
    pub(super) burst: f64,
    /// In the long run.
    pub(super) per_second: f64,
}

impl Rate {
    pub(super) fn times(self, factor: f64) -> Self {
        Self {
            burst: (self.burst * factor).max(1.0),
            per_second: self.per_second * factor,
        }
    }
}

/// How much of it there was.
#[derive(Debug)]
pub(super) struct Meter {
    /// When a whole burst may be taken again.
    full_at: Instant,
    refused_until: Instant,
}

impl Meter {
    /// Nothing was taken yet.
    pub(super) fn full(now: Instant) -> Self {
        Self {
            full_at: now,
            refused_until: now,
        }
    }

    /// Takes one, unless that is too much. What is refused costs nothing.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), RetryAfter> {
        if now < self.refused_until {
            return Err(RetryAfter(self.refused_until - now));
        }
        let one = Duration::from_secs_f64(1.0 / rate.per_second);
        let after = self.full_at.max(now) + one;
        let early = after.saturating_duration_since(now + one.mul_f64(rate.burst));
        // Less than that comes of rounding alone.
        if early < Duration::from_micros(1) {
            self.full_at = after;
            return Ok(());
        }
        let wait = early.max(REFUSED_MIN);
        self.refused_until = now + wait;
        Err(RetryAfter(wait))
    }
}

impl Entry for Meter {
    type Rank = Instant;

    fn rank(&self, _now: Instant) -> Instant {
        self.full_at.max(self.refused_until)
    }

    fn is_spent(&self, now: Instant) -> bool {
        self.rank(now) <= now
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const RATE: Rate = Rate {
        burst: 10.0,
        per_second: 4.0,
    };

    fn take_all(meter: &mut Meter) -> u32 {
        let taken = (0..1_000).take_while(|_| meter.take(RATE, Instant::now()).is_ok());
        taken.count().try_into().expect("few")
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_at_once_and_then_so_many_a_second() {
        let mut meter = Meter::full(Instant::now());
        assert_eq!(take_all(&mut meter), 10);
        advance(Duration::from_secs(2)).await;
        assert_eq!(take_all(&mut meter), 8);
        advance(Duration::from_secs(60)).await;
        assert!(meter.is_spent(Instant::now()));
        assert_eq!(take_all(&mut meter), 10, "no more than a burst is saved");
        // What comes evenly is never refused.
        advance(Duration::from_secs(60)).await;
        for _ in 0..200 {
            assert_eq!(meter.take(RATE, Instant::now()), Ok(()));
            advance(Duration::from_millis(250)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_behind_a_refused_one_is_refused_with_it() {
        let mut meter = Meter::full(Instant::now());
        take_all(&mut meter);
        let second = RetryAfter(Duration::from_secs(1));
        assert_eq!(meter.take(RATE, Instant::now()), Err(second));
        // There would be room for one by now.
        advance(Duration::from_millis(900)).await;
        let rest = RetryAfter(Duration::from_millis(100));
        assert_eq!(meter.take(RATE, Instant::now()), Err(rest));
        assert!(!meter.is_spent(Instant::now()));
        advance(rest.0).await;
        assert_eq!(take_all(&mut meter), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_and_is_right() {
        let slow = Rate {
            burst: 1.0,
            per_second: 0.1,
        };
        let mut meter = Meter::full(Instant::now());
        assert_eq!(meter.take(slow, Instant::now()), Ok(()));
        let wait = meter.take(slow, Instant::now());
        assert_eq!(wait, Err(RetryAfter(Duration::from_secs(10))));
        advance(Duration::from_secs(10)).await;
        assert_eq!(meter.take(slow, Instant::now()), Ok(()));
    }
}
