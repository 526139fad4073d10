//! TLS.

pub(crate) mod stream;
