//! One module for each group of figures. Each measures, compares where it can, and returns its lines.

mod big_file;
mod desktop;
mod durable;
mod fan_out;
mod flood;
mod idle;
mod page;
mod start;
mod transfer;

use anyhow::Result;

use crate::options::Row;
use crate::report::Line;
use crate::systems::Launcher;

/// Measures one group.
pub(crate) fn measure(launcher: &Launcher, row: Row) -> Result<Vec<Line>> {
    match row {
        Row::Start => start::measure(launcher),
        Row::Page => page::measure(launcher),
        Row::FanOut => fan_out::measure(launcher),
        Row::Latency => fan_out::measure_latency(launcher),
        Row::Flood => flood::measure(launcher),
        Row::Durable => durable::measure(launcher),
        Row::Idle => idle::measure(launcher),
        Row::Transfer => transfer::measure(launcher),
        Row::BigFile => big_file::measure(launcher),
        Row::Desktop => desktop::measure(launcher),
    }
}
