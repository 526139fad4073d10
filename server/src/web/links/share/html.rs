//! The page of a file as HTML. Nothing of it runs, and nothing that people have typed is markup in it.

use shared::{FileInfo, TimestampMs};

use super::super::shown::is_shown;
use crate::admin::words::{count, minute, size};
use crate::markup::Escaped;

/// What every colour and size is called, as on the page that people use.
pub(super) const STYLES: &str = concat!(
    include_str!("../../../../../frontend/styles/tokens.css"),
    include_str!("page.css")
);
/// Larger images are downloaded, not shown.
const IMAGE_BYTES_MAX: u64 = 32 << 20;

/// A file for whoever may fetch it.
pub(super) struct SharedFile<'a> {
    pub(super) file: &'a FileInfo,
    /// By which it may be fetched, where its link alone does not do.
    pub(super) pass: Option<&'a str>,
    pub(super) ends_at: Option<TimestampMs>,
    /// Where their number is limited.
    pub(super) downloads_left: Option<u64>,
    /// Whether it may be told of wherever its address is passed on.
    pub(super) is_for_everybody: bool,
    /// Where the server is, as far as it knows.
    pub(super) public_url: Option<&'a str>,
}

/// What a part of a page shows, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preview {
    Image,
    Video,
    Audio,
}

impl SharedFile<'_> {
    pub(super) fn page(&self, server: &str) -> String {
        let file = self.file;
        let name = Escaped(file.name.as_str());
        let (human, exact) = (size(file.size_bytes), count(file.size_bytes, "byte"));
        let media_type = Escaped(&file.media_type);
        let size = if human == exact {
            human.clone()
        } else {
            format!("{human} ({exact})")
        };
        let body = format!(
            "{preview}<h1><bdi>{name}</bdi></h1>\n<p class=\"quiet\">{human}, {media_type}</p>\n\
             <p><a class=\"button\" href=\"..{download}\">Download</a></p>\n{bounds}\
             <dl>\n<dt>Size</dt><dd>{size}</dd>\n\
             <dt>BLAKE3, as <code>b3sum</code> prints it</dt><dd><code>{hash}</code></dd>\n</dl>\n",
            preview = self.preview(),
            download = self.address("download"),
            bounds = self.bounds(),
            hash = file.content_hash,
        );
        document(server, file.name.as_str(), &self.described(&human), &body)
    }

    /// Where it is fetched from, below the address of the server, in an attribute.
    fn address(&self, how: &str) -> String {
        let link = Escaped(&self.file.link);
        let pass = self.pass.map(|pass| format!("&amp;pass={}", Escaped(pass)));
        format!("{link}?{how}{}", pass.unwrap_or_default())
    }

    /// Of nothing that would use up a download.
    fn preview(&self) -> String {
        let source = self.address("preview");
        match self.shown().filter(|_| self.downloads_left.is_none()) {
            Some(Preview::Image) => {
                let size = match self.file.image {
                    Some(size) => format!(" width=\"{}\" height=\"{}\"", size.width, size.height),
                    None => String::new(),
                };
                format!("<img class=\"preview\" src=\"..{source}\" alt=\"\"{size}>\n")
            }
            Some(Preview::Video) => format!(
                "<video class=\"preview\" src=\"..{source}\" controls preload=\"metadata\"></video>\n"
            ),
            Some(Preview::Audio) => format!(
                "<audio class=\"preview\" src=\"..{source}\" controls preload=\"metadata\"></audio>\n"
            ),
            None => String::new(),
        }
    }

    fn shown(&self) -> Option<Preview> {
        let media_type = self.file.media_type.as_str();
        if !is_shown(media_type) {
            return None;
        }
        match media_type.split('/').next()? {
            "image" => (self.file.size_bytes <= IMAGE_BYTES_MAX).then_some(Preview::Image),
            "video" => Some(Preview::Video),
            "audio" => Some(Preview::Audio),
            _other => None,
        }
    }

    fn bounds(&self) -> String {
        let ends = self
            .ends_at
            .map(|at| format!("<p class=\"quiet\">Until {} UTC.</p>\n", minute(at)));
        let left = self.downloads_left.map(|left| match left {
            0 => "<p class=\"quiet\">The last download broke off; it may begin again.</p>\n"
                .to_owned(),
            left => {
                let left = count(left, "more download");
                format!("<p class=\"quiet\">This link is good for {left}.</p>\n")
            }
        });
        [ends, left].into_iter().flatten().collect()
    }

    /// For those who make a card of an address (the Open Graph protocol).
    fn described(&self, size: &str) -> String {
        if !self.is_for_everybody {
            return String::new();
        }
        let (name, media_type) = (
            Escaped(self.file.name.as_str()),
            Escaped(&self.file.media_type),
        );
        let mut tags = format!(
            "<meta property=\"og:type\" content=\"website\">\n\
             <meta property=\"og:title\" content=\"{name}\">\n\
             <meta property=\"og:description\" content=\"{size}, {media_type}\">\n"
        );
        if let (Some(url), Some(Preview::Image)) = (self.public_url, self.shown()) {
            let (url, image) = (Escaped(url), self.address("preview"));
            tags += &format!("<meta property=\"og:image\" content=\"{url}{image}\">\n");
        }
        tags
    }
}

/// Asks for the password; says why, where one was sent.
pub(super) fn locked(server: &str, refusal: Option<&str>) -> String {
    let (refusal, wrong) = match refusal {
        Some(text) => (
            format!(
                "<p class=\"wrong\" id=\"wrong\" role=\"alert\">{}</p>\n",
                Escaped(text)
            ),
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
        ),
        None => (String::new(), ""),
    };
    let body = format!(
        "<h1>This file has a password</h1>\n\
         <p class=\"quiet\">Whoever gave you its address knows it.</p>\n\
         <form method=\"post\">\n<label for=\"password\">Password</label>\n\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"off\" required autofocus{wrong}>\n\
         {refusal}<button class=\"button\">Open</button>\n</form>\n"
    );
    document(server, "A file with a password", "", &body)
}

/// The same whatever the reason is.
pub(super) fn missing(server: &str) -> String {
    let body = "<h1>There is no such file here</h1>\n\
        <p>Its link may have ended or been withdrawn, it may have been used as often as it allows, or its address is not \
        complete. Ask whoever gave it to you.</p>\n\
        <p class=\"quiet\">If it was sent in a room that you are in, open it from there.</p>\n";
    document(server, "No such file", "", body)
}

/// What keeps the server from answering.
pub(super) fn refused(server: &str, message: &str) -> String {
    let body = format!("<h1>Not now</h1>\n<p>{}</p>\n", Escaped(message));
    document(server, "Not now", "", &body)
}

fn document(server: &str, title: &str, described: &str, body: &str) -> String {
    let (server, title) = (Escaped(server), Escaped(title));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} – {server}</title>\n{described}<style>{STYLES}</style>\n</head>\n<body>\n\
         <header><bdi>{server}</bdi></header>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use shared::{ContentHash, FileId, FileName, http};

    use super::*;

    fn file(name: &str, media_type: &str) -> FileInfo {
        let file_id = FileId::from_bytes([7; 16]);
        let name = FileName::repaired(name);
        FileInfo {
            file_id,
            link: http::file_link(file_id, &name),
            name,
            size_bytes: 1_234_567,
            media_type: media_type.to_owned(),
            content_hash: ContentHash::from_bytes([0xAB; 32]),
            image: None,
        }
    }

    fn shared(file: &FileInfo) -> SharedFile<'_> {
        SharedFile {
            file,
            pass: None,
            ends_at: None,
            downloads_left: None,
            is_for_everybody: true,
            public_url: Some("https://chat.example"),
        }
    }

    /// The page without its styles.
    fn page(shared: &SharedFile<'_>) -> String {
        shared.page("Mill & <b>Co</b>").replace(STYLES, "")
    }

    #[test]
    fn no_name_and_no_type_is_markup() {
        for hostile in [
            "<script>alert(1)</script>.png",
            "\"><img src=x onerror=alert(1)>",
            "' onclick='alert(1)",
            "</title><script>1</script>",
            "--><svg onload=alert(1)>",
            "{{7*7}}</style><style>*{}",
        ] {
            let mut file = file(hostile, "image/png");
            for media_type in ["image/png", "\"><script>x</script>/x"] {
                file.media_type = media_type.to_owned();
                let text = page(&shared(&file));
                let tags: Vec<&str> = text
                    .split('<')
                    .skip(1)
                    .map(|tag| tag.split([' ', '>', '\n']).next().unwrap_or_default())
                    .collect();
                for tag in &tags {
                    assert!(
                        [
                            "!doctype", "html", "head", "meta", "title", "/title", "style",
                            "/style", "/head", "body", "header", "bdi", "/bdi", "/header", "main",
                            "img", "h1", "/h1", "p", "/p", "a", "/a", "dl", "dt", "/dt", "dd",
                            "/dd", "code", "/code", "/dl", "/main", "/body", "/html",
                        ]
                        .contains(tag),
                        "{hostile}: <{tag} in {text}"
                    );
                }
                let images = tags.iter().filter(|tag| **tag == "img").count();
                assert_eq!(images, usize::from(media_type == "image/png"), "{hostile}");
                // No attribute ends where it does not.
                assert!(!text.contains("onerror=alert(1)>"), "{text}");
                assert!(!text.contains("' onclick='"), "{text}");
            }
        }
    }

    #[test]
    fn what_is_shown_cannot_run_and_uses_nothing_up() {
        for (media_type, tag) in [
            ("image/png", Some("<img class")),
            ("video/mp4", Some("<video class")),
            ("audio/ogg", Some("<audio class")),
            ("image/svg+xml", None),
            ("text/html", None),
            ("application/pdf", None),
        ] {
            let file = file("a", media_type);
            let mut shared = shared(&file);
            let text = page(&shared);
            match tag {
                Some(tag) => assert!(text.contains(tag), "{media_type}: {text}"),
                None => assert!(!text.contains("preview"), "{media_type}: {text}"),
            }
            shared.downloads_left = Some(1);
            shared.is_for_everybody = false;
            let text = page(&shared);
            assert!(!text.contains("?preview"), "{text}");
            assert!(text.contains("good for 1 more download."), "{text}");
        }
        let mut large = file("a", "image/png");
        large.size_bytes = IMAGE_BYTES_MAX + 1;
        assert!(!page(&shared(&large)).contains("?preview"));
    }

    #[test]
    fn cards_are_made_only_of_what_is_for_everybody() {
        let file = file("a & 'b'.png", "image/png");
        let mut shared = shared(&file);
        let text = page(&shared);
        assert!(text.contains("og:title\" content=\"a &amp; &#39;b&#39;.png\""));
        assert!(text.contains("og:image\" content=\"https://chat.example/files/"));
        shared.is_for_everybody = false;
        assert!(!page(&shared).contains("og:"));
    }
}
