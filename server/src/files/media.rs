//! What a file is: told from its first bytes, else what its sender said. Nothing is decoded.

use shared::file::ImageSize;

/// Of a file, these first bytes are looked at. JPEG puts its size behind whatever a camera had to say.
pub(super) const PREFIX_BYTES: u64 = 256 * 1024;
/// Longer types are nobody's.
const TYPE_BYTES_MAX: usize = 127;
const UNKNOWN: &str = "application/octet-stream";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Media {
    pub(super) media_type: String,
    pub(super) image: Option<ImageSize>,
}

impl Media {
    /// `said` is a [`valid_type`] by the sender.
    pub(super) fn of(prefix: &[u8], said: Option<String>) -> Self {
        let media_type = match infer::get(prefix) {
            Some(known) => known.mime_type().to_owned(),
            None => said.unwrap_or_else(|| UNKNOWN.to_owned()),
        };
        let image = match media_type.as_str() {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => image_size(prefix),
            _ => None,
        };
        Self { media_type, image }
    }
}

fn image_size(prefix: &[u8]) -> Option<ImageSize> {
    let size = imagesize::blob_size(prefix).ok()?;
    let pixels = |count: usize| u32::try_from(count).ok().filter(|count| *count > 0);
    Some(ImageSize {
        width: pixels(size.width)?,
        height: pixels(size.height)?,
    })
}

/// The type without its parameters, in lower case, where it is valid in form (RFC 9110, 8.3.1).
pub(super) fn valid_type(said: &str) -> Option<String> {
    let essence = said.split(';').next()?.trim();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        let is_in_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_in_token)
    };
    let valid = essence.len() <= TYPE_BYTES_MAX && is_token(kind) && is_token(subtype);
    valid.then(|| essence.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

    #[test]
    fn bytes_outrank_what_the_sender_says() {
        let said = || Some("text/plain".to_owned());
        let png = Media::of(PNG, said());
        assert_eq!(png.media_type, "image/png");
        let size = png.image.map(|image| (image.width, image.height));
        assert_eq!(size, Some((640, 480)));
        assert_eq!(Media::of(b"just text", said()).media_type, "text/plain");
        assert_eq!(Media::of(b"just text", None).media_type, UNKNOWN);
        assert_eq!(Media::of(b"", None).media_type, UNKNOWN);
        let html = Media::of(b"<!DOCTYPE html><script>alert(1)</script>", said());
        assert_eq!(html.media_type, "text/html");
    }

    #[test]
    fn a_damaged_image_has_no_size() {
        for damaged in [&PNG[..12], &PNG[..20], b"\xff\xd8\xff\xe0", b"GIF89a"] {
            assert_eq!(Media::of(damaged, None).image, None, "{damaged:?}");
        }
        let no_width = [&PNG[..16], &[0; 20]].concat();
        assert_eq!(Media::of(&no_width, None).image, None);
    }

    #[test]
    fn types_are_taken_only_in_valid_form() {
        let valid = |said| valid_type(said);
        assert_eq!(
            valid("Text/Plain; charset=x").as_deref(),
            Some("text/plain")
        );
        assert_eq!(valid("image/svg+xml").as_deref(), Some("image/svg+xml"));
        for bad in [
            "",
            "text",
            "/",
            "a/",
            "a/b/c",
            "a/b c",
            "a/b\r\nset-cookie:x",
            "a/é",
        ] {
            assert_eq!(valid(bad), None, "{bad:?}");
        }
        assert_eq!(valid(&format!("a/{}", "b".repeat(200))), None);
    }
}
