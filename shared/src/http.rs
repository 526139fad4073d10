//! The paths of the HTTP transport, written once for the server and for every client. Bodies are the objects of
//! [`crate::file`] and of [`crate::ServerFrame`] without `type`, errors an [`crate::ErrorReply`].

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ids::{FileId, RoomId, Sequence, UploadId};
use crate::names::FileName;
use crate::secret::Secret;

/// `POST` begins an upload.
pub const UPLOADS: &str = "/api/uploads";
/// Where finished files are described.
pub const FILES: &str = "/api/files";
/// `GET` sends several files as one.
pub const ZIP: &str = "/api/zip";
/// Where links to files lead.
pub const LINKS: &str = "/files";
/// Where files are shown to people without an account.
pub const SHARED: &str = "/share";
/// Where the page has its rooms, by their names.
pub const ROOMS: &str = "/rooms";
/// The request header with the chunk's hash, 64 hexadecimal digits.
pub const CHUNK_HASH_HEADER: &str = "x-chunk-hash";

/// What a path segment may hold as it is (RFC 3986, unreserved characters).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `GET` describes the upload, `DELETE` cancels it.
pub fn upload_path(upload_id: UploadId) -> String {
    format!("{UPLOADS}/{upload_id}")
}

/// `PUT` stores the chunk.
pub fn chunk_path(upload_id: UploadId, index: u32) -> String {
    format!("{UPLOADS}/{upload_id}/chunks/{index}")
}

/// `POST` finishes the upload.
pub fn finish_path(upload_id: UploadId) -> String {
    format!("{UPLOADS}/{upload_id}/finish")
}

/// `GET` describes the file and its chunks.
pub fn file_path(file_id: FileId) -> String {
    format!("{FILES}/{file_id}")
}

/// `GET` sends all files of a message as one.
pub fn zip_of_message(room_id: RoomId, sequence: Sequence) -> String {
    format!("{ZIP}?message={room_id}/{}", sequence.0)
}

/// `GET` tells the state of a file's link, `POST` changes it.
pub fn link_path(file_id: FileId) -> String {
    format!("{FILES}/{file_id}/link")
}

/// The path that a link to a file has; `GET` fetches it.
pub fn file_link(file_id: FileId, name: &FileName) -> String {
    let name = utf8_percent_encode(name.as_str(), ENCODED);
    format!("{LINKS}/{file_id}/{name}")
}

/// The path of the page that shows a file to whoever has its link.
pub fn share_path(file_id: FileId) -> String {
    format!("{SHARED}/{file_id}")
}

/// The square that a thumbnail fits in: there are these and no others, so that nobody has the server make any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThumbnailBox {
    Small,
    Large,
}

impl ThumbnailBox {
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// The length of its edge, in pixels.
    pub const fn pixels(self) -> u32 {
        match self {
            Self::Small => 480,
            Self::Large => 960,
        }
    }

    /// The one with an edge of so many pixels.
    pub fn of_pixels(pixels: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|it| it.pixels().to_string() == pixels)
    }
}

/// The parameter of a link that asks for a thumbnail of the image.
pub const THUMBNAIL: &str = "thumbnail";

/// `GET` fetches a thumbnail of the image that the link leads to, where there is one.
pub fn thumbnail_link(link: &str, fits: ThumbnailBox) -> String {
    format!("{link}?{THUMBNAIL}={}", fits.pixels())
}

/// The path of a room on the page.
pub fn room_path(name: &str) -> String {
    format!("{ROOMS}/{}", utf8_percent_encode(name, ENCODED))
}

/// The path of a message on the page.
pub fn message_path(room: &str, sequence: Sequence) -> String {
    format!("{}#at={}", room_path(room), sequence.0)
}

/// What stands before the token in an invitation's link. It is a fragment, which no server is ever sent.
const INVITATION: &str = "#invite=";

/// The path of an invitation's link, to be read by whoever opens it.
pub fn invitation_link(token: &Secret) -> String {
    format!("/{INVITATION}{}", token.reveal())
}

/// The token of an invitation's link, whether it is a path, a whole address, or the bare token.
pub fn invitation_of_link(link: &str) -> Option<Secret> {
    let token = match link.trim().split_once(INVITATION) {
        Some((_, token)) => token,
        None => link.trim(),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (!token.is_empty() && token.chars().all(fits)).then(|| token.into())
}

/// The file that a link means, whether it is a path, a whole address, or the bare id.
pub fn file_of_link(link: &str) -> Option<FileId> {
    let path = match link.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => link,
    };
    let below = |place| path.strip_prefix(place);
    let rest = below(LINKS).or_else(|| below(SHARED)).unwrap_or(path);
    rest.trim_start_matches('/')
        .split(['/', '?', '#'])
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_back_to_its_file() {
        let file_id = FileId::from_bytes([7; 16]);
        let name = FileName::repaired("Zoë's 50% off? #1.pdf");
        let link = file_link(file_id, &name);
        assert!(
            link.is_ascii() && !link.contains(['?', '#', ' ', '"']),
            "{link}"
        );
        let forms = [
            link.clone(),
            format!("https://chat.example:8080{link}?download=1"),
            format!("http://[::1]:80{link}"),
            format!("https://chat.example{}", share_path(file_id)),
            file_id.to_string(),
        ];
        for form in forms {
            assert_eq!(file_of_link(&form), Some(file_id), "{form}");
        }
        for wrong in [
            "",
            "/files/",
            "http://chat.example",
            "/files/short/x",
            "/other/x",
        ] {
            assert_eq!(file_of_link(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn thumbnails_have_few_sizes() {
        assert_eq!(
            thumbnail_link("/files/x/y", ThumbnailBox::Small),
            "/files/x/y?thumbnail=480"
        );
        for fits in ThumbnailBox::ALL {
            let pixels = fits.pixels().to_string();
            assert_eq!(ThumbnailBox::of_pixels(&pixels), Some(fits));
        }
        for other in ["", "0", "481", "0480", "+480", "480px", "4294967776"] {
            assert_eq!(ThumbnailBox::of_pixels(other), None, "{other}");
        }
    }

    #[test]
    fn rooms_and_messages_have_paths() {
        assert_eq!(room_path("garden-1"), "/rooms/garden-1");
        assert_eq!(message_path("Zoë?", Sequence(7)), "/rooms/Zo%C3%AB%3F#at=7");
    }

    #[test]
    fn a_link_leads_back_to_its_invitation() {
        let token = Secret::from("Ab-c_9");
        let link = invitation_link(&token);
        assert_eq!(link, "/#invite=Ab-c_9");
        for form in [
            link.clone(),
            format!(" https://chat.example:8080{link}\n"),
            "Ab-c_9".to_owned(),
        ] {
            assert_eq!(invitation_of_link(&form).as_ref(), Some(&token), "{form}");
        }
        for wrong in [
            "",
            "/#invite=",
            "https://chat.example/",
            "/#invite=a b",
            "two words",
        ] {
            assert_eq!(invitation_of_link(wrong), None, "{wrong}");
        }
    }
}
