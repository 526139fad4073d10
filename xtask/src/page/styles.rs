//! Puts the page's style sheets into one file: a browser asks once, and together they pack to two thirds.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use anyhow::{Context, Result, ensure};

/// How trunk names a style sheet in the document.
const LINK: (&str, &str) = ("<link rel=\"stylesheet\" href=\"/", "\"/>");

/// Replaces the style sheets of the page in this folder by one, in their order.
pub(crate) fn bundle(page: &Path) -> Result<()> {
    let path = page.join("index.html");
    let document =
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let names = names(&document);
    ensure!(!names.is_empty(), "{} names no style sheet", path.display());
    let mut all = String::new();
    for name in &names {
        let sheet = page.join(name);
        all +=
            &fs::read_to_string(&sheet).with_context(|| format!("reading {}", sheet.display()))?;
        fs::remove_file(sheet)?;
    }
    let mut digest = DefaultHasher::new();
    all.hash(&mut digest);
    let name = format!("styles-{:016x}.css", digest.finish());
    fs::write(page.join(&name), all)?;
    fs::write(path, with_one(&document, &names, &name))?;
    Ok(())
}

fn link(name: &str) -> String {
    [LINK.0, name, LINK.1].concat()
}

/// The files that the document names, in order.
fn names(document: &str) -> Vec<&str> {
    let links = document.split(LINK.0).skip(1);
    links
        .filter_map(|rest| Some(rest.split_once(LINK.1)?.0))
        .collect()
}

/// The document with `one` in place of the first of `names`, and nothing in place of the others.
fn with_one(document: &str, names: &[&str], one: &str) -> String {
    let mut document = document.to_owned();
    for (index, name) in names.iter().enumerate() {
        document = match index {
            0 => document.replace(&link(name), &link(one)),
            _ => document.replace(&(link(name) + "\n"), ""),
        };
    }
    document
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::bundle;

    #[test]
    fn the_page_has_one_sheet_with_all_of_them_in_order() {
        let folder = crate::workspace::test_folder("styles");
        fs::create_dir_all(&folder).expect("create");
        let document = "<title>x</title>\n<link rel=\"stylesheet\" href=\"/b-1.css\"/>\n\
                        <link rel=\"stylesheet\" href=\"/a-2.css\"/>\n<script></script>\n";
        fs::write(folder.join("index.html"), document).expect("write");
        fs::write(folder.join("a-2.css"), "a{}\n").expect("write");
        fs::write(folder.join("b-1.css"), "b{}\n").expect("write");

        bundle(&folder).expect("there are two");

        let document = fs::read_to_string(folder.join("index.html")).expect("read");
        let (before, rest) = document
            .split_once("<link rel=\"stylesheet\" href=\"/")
            .expect("one");
        let (name, after) = rest.split_once("\"/>").expect("it ends");
        assert_eq!(
            (before, after),
            ("<title>x</title>\n", "\n<script></script>\n")
        );
        let sheet = fs::read_to_string(folder.join(name)).expect("it is there");
        assert_eq!(sheet, "b{}\na{}\n");
        assert!(!folder.join("a-2.css").exists() && !folder.join("b-1.css").exists());
        bundle(&folder).expect("one is as good as two");
        fs::write(folder.join("index.html"), "").expect("write");
        assert!(
            bundle(&folder).is_err(),
            "trunk writes links in another way"
        );
        fs::remove_dir_all(folder).expect("clean up");
    }
}
