//! How a file can be shown beside its card, as its type and name say; its bytes may be anything all the same.

use shared::FileInfo;
use shared::http::{ThumbnailBox, thumbnail_link};

/// Larger texts are opened, not looked into.
const TEXT_BYTES_MAX: u64 = 256 * 1024;
/// A smaller image is loaded as it is.
const WHOLE_BYTES_MAX: u64 = 200 * 1024;
/// A larger film or sound is loaded only where a person asks for it.
const UNASKED_BYTES_MAX: u64 = 16 << 20;
/// Types of text that do not say so.
const TEXT_TYPES: [&str; 7] = [
    "json",
    "xml",
    "javascript",
    "x-sh",
    "toml",
    "yaml",
    "x-ndjson",
];
/// Names that senders' computers often know no type for.
const TEXT_EXTENSIONS: &str = " c cc cpp cs css go h hpp html ini java js jsx json kt log lua php pl py rb rs sh sql \
                               swift tex toml ts tsx txt xml yaml yml ";

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    Plain,
    Markdown,
    /// Cells between commas, semicolons or tabs.
    Table,
}

/// What plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playable {
    Video,
    Audio,
}

/// The layout of a file that is a text, and a small one.
pub fn text_kind(file: &FileInfo) -> Option<TextKind> {
    if file.size_bytes > TEXT_BYTES_MAX || file.size_bytes == 0 {
        return None;
    }
    let (_, extension) = file.name.as_str().rsplit_once('.').unwrap_or_default();
    let extension = extension.to_ascii_lowercase();
    let (kind, subtype) = file.media_type.split_once('/').unwrap_or_default();
    // As browsers say it of code that they know no better type for.
    let is_structured = subtype.ends_with("+xml") || subtype.ends_with("+json");
    let is_known = TEXT_TYPES.contains(&subtype) || is_structured;
    let is_text = kind == "text" || (kind == "application" && is_known);
    match (extension.as_str(), subtype) {
        ("md" | "markdown", _) | (_, "markdown") => Some(TextKind::Markdown),
        ("csv" | "tsv", _) | (_, "csv" | "tab-separated-values") => Some(TextKind::Table),
        // TypeScript, of which many computers believe that it is a film.
        ("ts", "mp2t") => Some(TextKind::Plain),
        _ if is_text => Some(TextKind::Plain),
        (extension, "octet-stream") if !extension.is_empty() => TEXT_EXTENSIONS
            .contains(&format!(" {extension} "))
            .then_some(TextKind::Plain),
        (_, _) => None,
    }
}

/// Whether the file is a film or a sound.
pub fn playable(file: &FileInfo) -> Option<Playable> {
    match file.media_type.split_once('/')?.0 {
        _ if text_kind(file).is_some() => None,
        "video" => Some(Playable::Video),
        "audio" => Some(Playable::Audio),
        _ => None,
    }
}

/// Whether it is so large that it is loaded only where somebody asks for it.
pub fn waits_to_be_asked(file: &FileInfo) -> bool {
    file.size_bytes > UNASKED_BYTES_MAX
}

/// Where a thumbnail of a large image is, if the server makes one: what moves is shown as it is.
pub fn thumbnail(file: &FileInfo, fits: ThumbnailBox) -> Option<String> {
    let is_still = ["image/png", "image/jpeg", "image/webp"].contains(&file.media_type.as_str());
    let is_large = file.size_bytes > WHOLE_BYTES_MAX;
    (file.image.is_some() && is_still && is_large).then(|| thumbnail_link(&file.link, fits))
}

/// The rows of a table: cells between commas, or semicolons or tabs where the first line has more of them, which
/// quotation marks hold together (RFC 4180). Any text has some.
pub fn table(text: &str) -> Vec<Vec<String>> {
    let first = text.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t']
        .into_iter()
        .rev()
        .max_by_key(|separator| first.matches(*separator).count())
        .unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !is_quoted => {}
            c if c == separator && !is_quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use shared::file::ImageSize;
    use shared::{ContentHash, FileId, FileName};

    use super::*;

    fn file(name: &str, media_type: &str, size_bytes: u64) -> FileInfo {
        FileInfo {
            file_id: FileId::from_bytes([1; 16]),
            name: FileName::repaired(name),
            size_bytes,
            media_type: media_type.to_owned(),
            content_hash: ContentHash::from_bytes([2; 32]),
            link: "/files/x/y".to_owned(),
            image: None,
        }
    }

    #[test]
    fn small_texts_can_be_looked_into() {
        use TextKind::{Markdown, Plain, Table};
        let unknown = "application/octet-stream";
        for (name, media_type, expect) in [
            ("a.txt", "text/plain", Some(Plain)),
            ("README.MD", unknown, Some(Markdown)),
            ("a", "text/markdown", Some(Markdown)),
            ("a.csv", "text/plain", Some(Table)),
            ("a.tsv", unknown, Some(Table)),
            ("a.html", "text/html", Some(Plain)),
            ("main.rs", unknown, Some(Plain)),
            ("a", "application/json", Some(Plain)),
            ("main.rs", "application/rls-services+xml", Some(Plain)),
            ("main.ts", "video/mp2t", Some(Plain)),
            ("a.svg", "image/svg+xml", None),
            ("a", unknown, None),
            ("a.rs.bin", unknown, None),
            ("c pp.a b", unknown, None),
            ("main.rs", "application/zip", None),
            ("a.pdf", "application/pdf", None),
        ] {
            assert_eq!(text_kind(&file(name, media_type, 10)), expect, "{name}");
        }
        assert_eq!(text_kind(&file("a.txt", "text/plain", 0)), None);
        let large = file("a.txt", "text/plain", TEXT_BYTES_MAX + 1);
        assert_eq!(text_kind(&large), None);
    }

    #[test]
    fn films_and_sounds_play() {
        let small = |name, media_type| playable(&file(name, media_type, 10));
        assert_eq!(small("a", "video/webm"), Some(Playable::Video));
        assert_eq!(small("a", "audio/flac"), Some(Playable::Audio));
        assert_eq!(small("main.ts", "video/mp2t"), None);
        assert_eq!(small("a", "application/ogg"), None);
        let large = file("film.ts", "video/mp2t", UNASKED_BYTES_MAX + 1);
        assert_eq!(playable(&large), Some(Playable::Video));
        assert!(waits_to_be_asked(&large));
    }

    #[test]
    fn large_still_images_have_thumbnails() {
        let image = |media_type, size_bytes| FileInfo {
            image: Some(ImageSize {
                width: 9,
                height: 9,
            }),
            ..file("a", media_type, size_bytes)
        };
        let link = |file: &FileInfo| thumbnail(file, ThumbnailBox::Small);
        let photo = image("image/jpeg", 1 << 20);
        assert_eq!(link(&photo).as_deref(), Some("/files/x/y?thumbnail=480"));
        assert_eq!(link(&image("image/jpeg", 1000)), None);
        assert_eq!(link(&image("image/gif", 1 << 20)), None);
        assert_eq!(link(&file("a.png", "image/png", 1 << 20)), None);
    }

    #[test]
    fn a_table_has_rows_of_cells() {
        for (text, expect) in [
            ("a,b\r\n1,2\n", "a|b/1|2"),
            ("a;b,c;d\n1", "a|b,c|d/1"),
            ("a\tb", "a|b"),
            ("\"a,\"\"b\"\"\nc\",d", "a,\"b\"\nc|d"),
            ("a\"b,c", "a\"b|c"),
            ("\"never closed,\n", "never closed,\n"),
            (",", "|"),
            ("", ""),
            ("one line", "one line"),
        ] {
            let rows = table(text);
            let rows: Vec<String> = rows.iter().map(|row| row.join("|")).collect();
            assert_eq!(rows.join("/"), expect, "{text:?}");
        }
    }
}
