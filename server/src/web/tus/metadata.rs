//! `Upload-Metadata`: pairs of a key and a value in Base64, as the creation extension of tus has them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use shared::ErrorReply;

use crate::web::api::invalid;

/// More would only fill the database.
const BYTES_MAX: usize = 8 * 1024;

/// What the server makes of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) media_type: Option<String>,
    /// Where the file is to be posted, by name or id.
    pub(super) room: Option<String>,
}

impl Metadata {
    pub(super) fn of(header: &str) -> Result<Self, ErrorReply> {
        let bad = || {
            invalid("Upload-Metadata is pairs of a key and a value in Base64, with commas between.")
        };
        if header.len() > BYTES_MAX {
            return Err(invalid("Upload-Metadata is too long."));
        }
        let mut metadata = Self::default();
        if header.trim().is_empty() {
            return Ok(metadata);
        }
        for pair in header.split(',').map(str::trim) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if key.is_empty() {
                return Err(bad());
            }
            let value = BASE64_STANDARD.decode(value.trim()).map_err(|_| bad())?;
            let value = String::from_utf8_lossy(&value).into_owned();
            // Uploaders do not agree on the names.
            match key {
                "filename" | "name" => metadata.name = Some(value),
                "filetype" | "type" => metadata.media_type = Some(value),
                "room" => metadata.room = Some(value),
                _other => {}
            }
        }
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_others_passed_over() {
        let read = Metadata::of(
            "filename Wm/Dqy50eHQ=, filetype dGV4dC9wbGFpbg==,is_confidential,room bG9iYnk=",
        );
        let expected = Metadata {
            name: Some("Zo\u{eb}.txt".to_owned()),
            media_type: Some("text/plain".to_owned()),
            room: Some("lobby".to_owned()),
        };
        assert_eq!(read.ok(), Some(expected));
        assert_eq!(Metadata::of("").ok(), Some(Metadata::default()));
        for bad in [
            ",",
            "filename Zoë",
            "filename a b",
            "name YQ==,,type YQ==",
            "filename !!!!",
        ] {
            assert!(Metadata::of(bad).is_err(), "{bad:?}");
        }
        assert!(Metadata::of(&format!("a {}", "A".repeat(9000))).is_err());
    }
}
