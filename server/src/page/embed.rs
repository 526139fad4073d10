//! What the build script needs to know about the files of the built page: their types, which names carry a
//! hash of the content, and which inline scripts the content security policy has to name.
//!
//! Used by `build.rs`; compiled into the library for its tests only, so it depends on nothing.

/// The media type by file extension, and whether compression is worth it.
pub(crate) fn media_type(name: &str) -> (&'static str, bool) {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "svg" => ("image/svg+xml", true),
        "json" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "ico" => ("image/x-icon", true),
        "png" => ("image/png", false),
        "webp" => ("image/webp", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}

/// Whether trunk or wasm-bindgen put a hash of the content into this path, so that what it names never changes.
///
/// Both write a 64-bit hash in hex without leading zeros: `frontend-1f…c9_bg.wasm`, `snippets/yew-8d…01/inline0.js`.
pub(crate) fn is_hashed(path: &str) -> bool {
    path.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        let stem = stem.strip_suffix("_bg").unwrap_or(stem);
        stem.rsplit_once('-').is_some_and(|(name, hash)| {
            let is_hex = hash
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            !name.is_empty() && (12..=16).contains(&hash.len()) && is_hex
        })
    })
}

/// The text of every `<script>` in the page that has no `src`, as a browser hashes it for its policy.
pub(crate) fn inline_scripts(html: &str) -> Vec<String> {
    let html = html.replace("\r\n", "\n");
    let lower = html.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(open) = lower[at..].find("<script").map(|found| at + found) {
        let Some(text) = lower[open..].find('>').map(|found| open + found + 1) else {
            break;
        };
        let Some(close) = lower[text..].find("</script").map(|found| text + found) else {
            break;
        };
        let has_source = lower[open..text]
            .split_ascii_whitespace()
            .any(|word| word.starts_with("src="));
        if !has_source {
            scripts.push(html[text..close].to_owned());
        }
        at = close;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::{inline_scripts, is_hashed, media_type};

    #[test]
    fn only_names_with_a_hash_of_the_content_are_hashed() {
        for path in [
            "frontend-1f0c6a3be88d52c9_bg.wasm",
            "app-90c6a3be88d52.css",
            "snippets/yew-8d3a0b5c6e7f1a2b/inline0.js",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in [
            "index.html",
            "icon.svg",
            "icon-512.png",
            "a-decaf.css",
            "1f0c6a3be88d52c9.js",
            "x-1F0C6A3BE88D52C9.js",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }

    #[test]
    fn inline_scripts_are_found_to_the_byte_and_linked_ones_left_out() {
        let html = "<SCRIPT type=\"module\">\r\nimport a;\r\n</SCRIPT ><script src=\"/x.js\"></script><script async src=/y.js></script>\
                    <script>let b = \"<p>Ä\";</script><script>unclosed";
        assert_eq!(inline_scripts(html), ["\nimport a;\n", "let b = \"<p>Ä\";"]);
    }

    #[test]
    fn webassembly_has_the_type_that_browsers_stream() {
        assert_eq!(
            media_type("frontend-1f0c6a3be88d52c9_bg.wasm"),
            ("application/wasm", true)
        );
        assert_eq!(media_type("photo.PNG").0, "application/octet-stream");
        assert_eq!(media_type("LICENSE").0, "application/octet-stream");
    }
}
