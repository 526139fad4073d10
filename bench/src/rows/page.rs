//! What a browser loads before the page is there: the document and everything that it names, compressed.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};

use crate::http::Http;
use crate::report::{Line, Must};
use crate::systems::Launcher;

/// Endings of what a page loads by itself.
const LOADED: [&str; 6] = [".js", ".wasm", ".css", ".svg", ".woff2", ".webmanifest"];

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let running = launcher.chinwag()?;
    let mut plain = Http::connect(running.http, "")?;
    let document = String::from_utf8(plain.request("GET", "/", &[])?)?;
    let mut compressed = Http::connect(running.http, "accept-encoding: br\r\n")?;
    let mut size_bytes = compressed.fetch("/", |_| ())?;
    let named = named_files(&document);
    ensure!(
        named.iter().any(|path| path.ends_with(".wasm")),
        "the server carries no page; build it with: cargo xtask build"
    );
    for path in &named {
        let length = compressed
            .fetch(path, |_| ())
            .with_context(|| format!("the page names {path}"))?;
        eprintln!("  {path}: {length} bytes");
        size_bytes += length;
    }
    let line = Line::new(
        "page, all that it loads first",
        size_bytes as f64 / 1e3,
        "KB",
    );
    Ok(vec![line.must(Must::AtMost(250.0))])
}

/// The paths in the document, between quotes of either kind, that end like something a page loads.
fn named_files(document: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for word in document.split(['"', '\'']) {
        let path = word.strip_prefix("./").unwrap_or(word);
        let is_one_word =
            !path.contains(|letter: char| letter.is_whitespace() || "<>(){};".contains(letter));
        if is_one_word
            && LOADED.iter().any(|ending| path.ends_with(ending))
            && !path.contains("://")
        {
            named.insert(format!("/{}", path.trim_start_matches('/')));
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::named_files;

    #[test]
    fn a_document_names_scripts_and_styles_once() {
        let document = r#"<link rel="stylesheet" href="/app-1.css"><link rel="preload" href="/app-2.wasm">
            <script type="module">import init from '/app-3.js'; await init({ module_or_path: '/app-2.wasm' });</script>
            <a href="https://example.org/other.js">x</a> about "a file.js" <img src="./logo.svg">"#;
        let named: Vec<String> = named_files(document).into_iter().collect();
        assert_eq!(
            named,
            ["/app-1.css", "/app-2.wasm", "/app-3.js", "/logo.svg"]
        );
    }
}
