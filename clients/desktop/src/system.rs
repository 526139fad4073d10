//! What the window asks of the desktop around it.
//!
//! - `look`: light or dark, and how much contrast; `announce`: notices, where the desktop shows them

pub(crate) mod announce;
pub(crate) mod look;
