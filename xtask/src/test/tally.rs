//! Counts tests from what the test runners print.

/// How many tests ended how, over all runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    pub(crate) fn total(&self) -> u64 {
        self.passed + self.failed
    }

    /// A line of Rust's test runner, native or in the browser: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub(crate) fn read_libtest(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(count)), Some(kind)) = (words.next().map(str::parse), words.next()) else {
                continue;
            };
            self.add(kind, count);
        }
    }

    /// A line of Node's `spec` reporter: `ℹ pass 3`.
    pub(crate) fn read_node(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        if words.next() != Some("ℹ") {
            return;
        }
        let (Some(kind), Some(Ok(count)), None) =
            (words.next(), words.next().map(str::parse), words.next())
        else {
            return;
        };
        self.add(kind, count);
    }

    fn add(&mut self, kind: &str, count: u64) {
        match kind {
            "passed" | "pass" => self.passed += count,
            "failed" | "fail" | "cancelled" => self.failed += count,
            "ignored" | "skipped" | "todo" => self.ignored += count,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn both_runners_are_counted_together() {
        let mut tally = Tally::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s\n",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 filtered out\n",
        ] {
            tally.read_libtest(line);
        }
        for line in [
            "✔ a person signs in (812ms)",
            "ℹ tests 7",
            "ℹ pass 5",
            "ℹ fail 1",
            "ℹ cancelled 1",
            "ℹ duration_ms 99.1",
        ] {
            tally.read_node(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 9,
                failed: 4,
                ignored: 1
            }
        );
    }
}
