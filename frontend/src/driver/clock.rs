//! The clock of the page: the wall clock once, then only what has passed since. So it never goes back.

use shared::TimestampMs;
use web_sys::Performance;

pub(super) struct Clock {
    started_at: TimestampMs,
    performance: Performance,
    started_ms: f64,
}

impl Clock {
    pub(super) fn start() -> Self {
        let performance = web_sys::window()
            .and_then(|window| window.performance())
            .expect("every browser that runs WebAssembly has a performance clock");
        Self {
            started_at: TimestampMs(js_sys::Date::now() as u64),
            started_ms: performance.now(),
            performance,
        }
    }

    pub(super) fn now(&self) -> TimestampMs {
        let passed_ms = self.performance.now() - self.started_ms;
        self.started_at.plus_ms(passed_ms as u64)
    }
}
