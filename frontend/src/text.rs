//! What text becomes on the page.

pub(crate) mod markdown;
pub(crate) mod names;
pub(crate) mod order;
