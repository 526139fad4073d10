//! Text that no log may hold.

use std::fmt;

use serde::Serialize;

use crate::decode::Decode;

/// A password, a token or a code. Its `Debug` leaves the text out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Decode)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text: the only way to see it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
