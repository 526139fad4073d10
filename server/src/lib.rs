//! The Chinwag server.

pub mod page;
pub mod store;
