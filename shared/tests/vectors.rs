//! Golden vectors: every variant of the protocol's enums has a JSON file in `shared/vectors/`, which decodes to
//! the value written here and encodes to the same JSON. Writers of other clients may test against the files.
//!
//! A new variant does not compile until it has a name here, and then fails until it has a vector.

#[path = "vectors/client.rs"]
mod client;
#[path = "vectors/codes.rs"]
mod codes;
#[path = "vectors/event.rs"]
mod event;
#[path = "vectors/samples.rs"]
mod samples;
#[path = "vectors/server.rs"]
mod server;
#[path = "vectors/text.rs"]
mod text;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;
use shared::codec::{decode_line, encode_line};
use shared::decode::Decode;

/// Defines a function from a value to its variant's name on the wire, and the list of all names.
macro_rules! variants {
    ($type:ty, $($variant:pat => $name:literal,)+) => {
        fn name_of(value: &$type) -> &'static str {
            match value { $($variant => $name,)+ }
        }
        const NAMES: &[&str] = &[$($name),+];
    };
}
pub(crate) use variants;

/// One file and the value that it means.
pub(crate) struct Vector<T> {
    /// Without `.json`.
    file: &'static str,
    value: T,
    /// Whether encoding the value gives the file again: not where the file holds what this version does not
    /// know, or leaves out what it writes.
    encodes: bool,
}

/// A vector that decodes and encodes.
pub(crate) fn both_ways<T>(file: &'static str, value: T) -> Vector<T> {
    Vector {
        file,
        value,
        encodes: true,
    }
}

/// A vector that only decodes.
pub(crate) fn decodes<T>(file: &'static str, value: T) -> Vector<T> {
    Vector {
        file,
        value,
        encodes: false,
    }
}

pub(crate) fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(name)
}

/// Checks all vectors of a folder, that each name in `names` has one, and that no file is left over.
pub(crate) fn check<T>(
    folder_name: &str,
    names: &[&str],
    name_of: fn(&T) -> &'static str,
    vectors: &[Vector<T>],
) where
    T: Serialize + Decode + PartialEq + Debug,
{
    let folder = folder(folder_name);
    for vector in vectors {
        check_one(&folder.join(format!("{}.json", vector.file)), vector);
    }
    let used: BTreeSet<&str> = vectors.iter().map(|vector| vector.file).collect();
    assert_eq!(
        used.len(),
        vectors.len(),
        "{folder_name}: a file is used twice"
    );
    let found: BTreeSet<String> = fs::read_dir(&folder)
        .expect("the folder of vectors")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect();
    let missing: Vec<&&str> = used.iter().filter(|file| !found.contains(**file)).collect();
    assert!(missing.is_empty(), "{folder_name}: {missing:?} are missing");
    let untyped: BTreeSet<String> = found
        .into_iter()
        .filter(|file| !used.contains(file.as_str()))
        .collect();
    for file in &untyped {
        check_untyped(&folder, file, names, name_of);
    }
    for name in names {
        // Nobody sends `unknown`: what stands for it is a variant that this version does not have.
        let wanted = if *name == "unknown" {
            "of_the_future"
        } else {
            name
        };
        let typed = vectors
            .iter()
            .any(|vector| vector.file == wanted && name_of(&vector.value) == *name);
        assert!(
            typed || untyped.contains(*name),
            "{folder_name}/{wanted}.json is missing or means another variant"
        );
    }
}

/// A file that no value is written for here means the variant that it is named after, or begins with the name of,
/// and holds all of it: what it decodes to encodes to the same.
fn check_untyped<T>(
    folder: &std::path::Path,
    stem: &str,
    names: &[&str],
    name_of: fn(&T) -> &'static str,
) where
    T: Serialize + Decode + PartialEq + Debug,
{
    let path = folder.join(format!("{stem}.json"));
    let file = path.display();
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let value = decode_line::<T>(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
    let meant = names.iter().filter(|name| stem.starts_with(**name));
    let longest = meant.max_by_key(|name| name.len());
    assert_eq!(longest, Some(&name_of(&value.frame)), "{file}");
    let json: Value = serde_json::from_slice(&bytes).expect("what was decoded is JSON");
    let encoded: Value = serde_json::from_slice(&encode_line(&value.frame)).expect("JSON");
    assert_eq!(encoded, json, "{file}: encoded, expected");
}

fn check_one<T>(path: &std::path::Path, vector: &Vector<T>)
where
    T: Serialize + Decode + PartialEq + Debug,
{
    let file = path.display();
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let json: Value = serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{file}: {e}"));
    let head = decode_line::<T>(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(head.frame, vector.value, "{file}: decoded, expected");
    let payload_bytes = json.get("payload_bytes").map_or(Some(0), Value::as_u64);
    assert_eq!(Some(u64::from(head.payload_bytes)), payload_bytes, "{file}");

    let line = encode_line(&vector.value);
    let ends = line.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!((ends, line.last()), (1, Some(&b'\n')), "{file}: one line");
    let encoded: Value = serde_json::from_slice(&line).expect("what was encoded is JSON");
    if vector.encodes {
        assert_eq!(encoded, json, "{file}: encoded, expected");
    } else {
        assert_ne!(encoded, json, "{file}: encodes after all");
        let again = decode_line::<T>(&line).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(again.frame, vector.value, "{file}: encoded and decoded");
    }
}
