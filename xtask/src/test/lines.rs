//! Lines of code that documents state: a row of a table that names paths and ends with a number. Blank lines, comments
//! and tests do not count.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

/// A figure may be off by so many per cent until somebody has to write it anew.
const TOLERANCE_PERCENT: usize = 5;

/// One row that states lines.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    paths: Vec<&'a str>,
    stated: usize,
}

/// What a document states and the files do not have.
pub(super) fn stale(root: &Path, document: &str) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for Row { paths, stated } in document.lines().filter_map(row) {
        let mut found = 0;
        for path in &paths {
            found += count(&root.join(path))?;
        }
        let paths = paths.join(", ");
        if found.abs_diff(stated) * 100 > found * TOLERANCE_PERCENT {
            wrong.push(format!(
                "ARCHITECTURE.md states {stated} lines of code for {paths}; there are {found}"
            ));
        } else {
            println!("{found} lines of code in {paths}");
        }
    }
    Ok(wrong)
}

fn row(line: &str) -> Option<Row<'_>> {
    let (rest, last) = line
        .strip_prefix('|')?
        .trim_end()
        .strip_suffix('|')?
        .rsplit_once('|')?;
    let stated = last.trim().replace(',', "").parse().ok()?;
    let paths: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    (!paths.is_empty()).then_some(Row { paths, stated })
}

/// Of a Rust file, or of all below a folder.
fn count(path: &Path) -> Result<usize> {
    let context = || format!("reading {}", path.display());
    if path.is_dir() {
        let entries = fs::read_dir(path).with_context(context)?;
        let mut sum = 0;
        for entry in entries {
            let child: PathBuf = entry.with_context(context)?.path();
            let is_tests = child.file_stem().is_some_and(|name| name == "tests");
            if !is_tests {
                sum += count(&child)?;
            }
        }
        return Ok(sum);
    }
    Ok(count_text(&fs::read_to_string(path).with_context(context)?))
}

/// As rustfmt leaves a file: what is for tests alone begins and ends at the left edge.
fn count_text(text: &str) -> usize {
    let mut count = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let ends = |line: &str| line == "}" || (!line.starts_with(' ') && line.ends_with(';'));
            lines.by_ref().find(|line| ends(line));
            continue;
        }
        let line = line.trim();
        count += usize::from(!line.is_empty() && !line.starts_with("//"));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{Row, count_text, row};

    #[test]
    fn rows_that_state_lines_are_told_from_others() {
        let stated = row("| page | `a/b.rs`, `a/b/` | 1,030 |");
        let expected = Row {
            paths: vec!["a/b.rs", "a/b/"],
            stated: 1030,
        };
        assert_eq!(stated, Some(expected));
        for other in [
            "| path | what it holds |",
            "| --- | --- |",
            "| `a.rs` | 3 things |",
            "text",
        ] {
            assert_eq!(row(other), None, "{other}");
        }
    }

    #[test]
    fn only_code_is_counted() {
        let text = "//! Module.\n\n#[cfg(test)]\nmod tests;\n\nuse a;\n/// Doc.\nfn a() {\n    // Why.\n    b();\n}\n\n\
                    #[cfg(test)]\nmod more {\n    fn c() {}\n}\nstatic D: u8 = 1;\n";
        assert_eq!(count_text(text), 5);
    }
}
