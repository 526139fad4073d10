//! What text becomes on the page: numbers and names for people, links, and the little Markdown that messages have.

pub(crate) mod day;
pub(crate) mod format;
pub(crate) mod links;
pub(crate) mod markdown;
pub(crate) mod order;
