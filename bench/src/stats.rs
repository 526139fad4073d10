//! Medians, the ratio of two systems that took turns, and latency distributions.

use std::time::Duration;

use hdrhistogram::Histogram;

/// The middle value; of an even number, the mean of the two in the middle. Not a number where there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// Of `ours` measured before, between and after `theirs` (A/B/A/B/A): the median of each of theirs against the mean
/// of its two neighbours, so that a slow drift of the machine falls out.
pub(crate) fn alternating_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let neighbours = ours.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    let ratios: Vec<f64> = neighbours
        .zip(theirs)
        .map(|(ours, theirs)| ours / theirs)
        .collect();
    median(&ratios)
}

/// How long deliveries or acknowledgements took.
pub(crate) struct Latencies {
    nanoseconds: Histogram<u64>,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        // An hour is longer than any run; beyond it values count as an hour.
        let nanoseconds = Histogram::new_with_bounds(1, 3_600_000_000_000, 3);
        Self {
            nanoseconds: nanoseconds.expect("these bounds are valid"),
        }
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.saturating_record(nanoseconds);
    }

    /// The latency in milliseconds that this share of all stayed within; `share` from 0 to 1.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        if self.nanoseconds.is_empty() {
            return f64::NAN;
        }
        self.nanoseconds.value_at_quantile(share) as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_machine_that_slows_down_steadily_changes_no_ratio() {
        // Ours would be twice as fast; each measurement finds the machine ten slower than the one before.
        let ours = [200.0, 160.0, 120.0];
        let theirs = [90.0, 70.0];
        assert_eq!(alternating_ratio(&ours, &theirs), 2.0);
        assert!(alternating_ratio(&[1.0], &[]).is_nan());
    }

    #[test]
    fn quantiles_are_exact_to_a_thousandth() {
        let mut latencies = Latencies::new();
        assert!(latencies.quantile_ms(0.5).is_nan());
        (1..=1_000).for_each(|ms| latencies.record(Duration::from_millis(ms)));
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (0.999, 999.0)] {
            let found = latencies.quantile_ms(share);
            assert!(
                (found - expected).abs() <= expected / 1_000.0,
                "{found} for {expected}"
            );
        }
    }
}
