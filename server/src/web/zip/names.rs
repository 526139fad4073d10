//! Names in an archive: none twice, also where nobody tells large letters from small ones.

use std::collections::HashSet;

use shared::FileName;

/// A longer name than file systems take would keep the whole archive from being unpacked.
const NAME_BYTES_MAX: usize = 255;

/// The names that were given out.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The name, or one that is like it and was not given out yet. It is one component of a path, as every file's is.
    pub(super) fn give(&mut self, name: &FileName) -> String {
        let (stem, extension) = split(name.as_str());
        let mut given = name.as_str().to_owned();
        let mut number = 2;
        while !self.0.insert(given.to_lowercase()) {
            let end = format!(" ({number}){extension}");
            let room = NAME_BYTES_MAX.saturating_sub(end.len());
            given = format!("{}{end}", shortened(stem, room));
            number += 1;
        }
        given
    }
}

/// The name before its extension, and that with its dot.
fn split(name: &str) -> (&str, &str) {
    const EXTENSION_BYTES_MAX: usize = 20;
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION_BYTES_MAX => name.split_at(dot),
        Some(_) | None => (name, ""),
    }
}

fn shortened(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice_and_none_leads_anywhere() {
        let mut names = Names::default();
        let mut give = |name: &str| names.give(&FileName::repaired(name));
        assert_eq!(give("a.txt"), "a.txt");
        assert_eq!(give("A.TXT"), "A (2).TXT");
        assert_eq!(give("a.txt"), "a (3).txt");
        assert_eq!(give("a (2).txt"), "a (2) (2).txt");
        assert_eq!(give("README"), "README");
        assert_eq!(give("readme"), "readme (2)");
        for hostile in [
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            "C:\\x",
            "a/b",
            "\\\\host\\x",
            "",
        ] {
            let name = give(hostile);
            assert!(
                !name.contains(['/', '\\', ':']) && !name.starts_with('.'),
                "{name}"
            );
        }
        let long = "ä".repeat(300);
        let (first, second) = (give(&long), give(&long));
        assert!(first.len() <= 255 && second.len() <= 255 && second.ends_with(" (2)"));
    }
}
