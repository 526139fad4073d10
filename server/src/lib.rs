//! The Chinwag server.

pub mod page;
