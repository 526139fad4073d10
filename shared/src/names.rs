//! Names of people, rooms and files: what is allowed, and how two names are told apart.
//!
//! Names of people and rooms are refused when they are bad, because somebody can choose another.
//! Names of files are repaired, because they come from elsewhere and an upload must not fail for one.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use serde::Serialize;

use crate::decode::{Error, Json, decode_as, parse};
use crate::limits::{FILE_NAME_BYTES_MAX, PERSON_NAME_CHARS_MAX, ROOM_NAME_CHARS_MAX};

/// Why a name of a person or a room is refused; the text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing but white space.
    #[error("a name needs at least one visible character")]
    Empty,
    /// More than `max` characters.
    #[error("a name may have at most {max} characters")]
    TooLong {
        /// The most that is allowed.
        max: usize,
    },
    /// Control, zero-width or text-direction characters.
    #[error("a name may not contain control, invisible or text-direction characters")]
    Invisible,
    /// White space or `#` in a room's name.
    #[error("a room's name may not contain spaces or #; use - between words")]
    RoomCharacter,
    /// A room's name that looks like a room's id.
    #[error("a room's name may not look like an id")]
    LooksLikeId,
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $parse:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as it is shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What two names share when they count as the same: compatibility-normalised, lower case.
            pub fn key(&self) -> String {
                key(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                $parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        decode_as!($name, parse);
    };
}

name_type!(
    /// A person's name: 1 to 32 characters, NFC, single spaces inside allowed.
    PersonName,
    parse_person_name
);
name_type!(
    /// A room's name, without `#`: 1 to 64 characters, NFC, no white space.
    RoomName,
    parse_room_name
);

/// As [`PersonName::key`], of any text: what is to be found in a name, or may be one.
#[cfg(feature = "normalise")]
pub fn key(text: &str) -> String {
    let compatible = unicode_normalization::UnicodeNormalization::nfkc;
    let lower: String = compatible(text).flat_map(char::to_lowercase).collect();
    compatible(lower.as_str()).collect()
}

/// By what [`set_key`] was given, else the text as it is.
#[cfg(not(feature = "normalise"))]
pub fn key(text: &str) -> String {
    KEY.get().map_or_else(|| text.to_owned(), |key| key(text))
}

static KEY: OnceLock<fn(&str) -> String> = OnceLock::new();

/// Has [`key`] ask a program that has the tables for it elsewhere, as a browser does. Without effect with the feature
/// `normalise`, and the second time.
pub fn set_key(key: fn(&str) -> String) {
    let _ = KEY.set(key);
}

/// Normal form C. Without the feature `normalise` the text as it is: a client may leave it to the server, which has
/// the last word on names.
fn composed(text: &str) -> impl Iterator<Item = char> + '_ {
    #[cfg(feature = "normalise")]
    return unicode_normalization::UnicodeNormalization::nfc(text);
    #[cfg(not(feature = "normalise"))]
    return text.chars();
}

/// The text without combining marks that stand on nothing, that repeat the one before, or that are more than
/// [`MARKS_MAX`](crate::limits::MARKS_MAX) in a row. Such piles cover the lines around them.
#[cfg(feature = "normalise")]
pub fn with_fitting_marks(text: &str) -> String {
    let (mut before, mut marks) = (' ', 0);
    text.chars()
        .filter(|c| {
            let is_mark = unicode_normalization::char::is_combining_mark(*c);
            let fits = !is_mark
                || (!before.is_whitespace() && before != *c && marks < crate::limits::MARKS_MAX);
            marks = if is_mark { marks + 1 } else { 0 };
            if fits {
                before = *c;
            }
            fits
        })
        .collect()
}

/// As it is, likewise.
#[cfg(not(feature = "normalise"))]
pub fn with_fitting_marks(text: &str) -> String {
    text.to_owned()
}

fn parse_person_name(text: &str) -> Result<String, NameError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    parse_visible(&words.join(" "), PERSON_NAME_CHARS_MAX)
}

fn parse_room_name(text: &str) -> Result<String, NameError> {
    let name = parse_visible(text.trim(), ROOM_NAME_CHARS_MAX)?;
    if name.contains(|c: char| c.is_whitespace() || c == '#') {
        return Err(NameError::RoomCharacter);
    }
    if uuid::Uuid::parse_str(&name).is_ok() {
        return Err(NameError::LooksLikeId);
    }
    Ok(name)
}

fn parse_visible(text: &str, chars_max: usize) -> Result<String, NameError> {
    // Bounded before normalising, which may expand one character to eighteen.
    if text.chars().nth(chars_max).is_some() {
        return Err(NameError::TooLong { max: chars_max });
    }
    let name: String = composed(text).collect();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().nth(chars_max).is_some() {
        return Err(NameError::TooLong { max: chars_max });
    }
    if name.chars().any(is_invisible) {
        return Err(NameError::Invisible);
    }
    Ok(name)
}

/// Control, zero-width, bidirectional-control, tag, filler and line-separator characters and byte order marks:
/// none is seen, and each can make a name look like another.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A file's name that is safe to show, to store and to save under on any system: one path component of at
/// most 255 bytes, NFC, without control, invisible or text-direction characters and piles of marks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// The nearest safe name; `file` when nothing is left. Never fails.
    pub fn repaired(text: &str) -> Self {
        // What lies past a few thousand characters cannot matter, and normalising it would cost time.
        let head = text.chars().take(4096);
        // Before composing, which goes past what is not there any more.
        let visible: String = head.filter(|c| !is_invisible(*c)).collect();
        let visible: String = with_fitting_marks(&composed(&visible).collect::<String>())
            .chars()
            .map(|c| {
                if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                    '_'
                } else {
                    c
                }
            })
            .collect();
        // Windows drops dots and spaces at the end; a dot at the start hides the file.
        let trimmed = visible
            .trim_start()
            .trim_end_matches(|c: char| c == '.' || c.is_whitespace());
        let name = match trimmed.strip_prefix('.') {
            Some(rest) => format!("_{}", rest.trim_start_matches('.')),
            None => trimmed.to_owned(),
        };
        let name = if is_reserved_on_windows(&name) {
            format!("_{name}")
        } else {
            name
        };
        let name = shortened(&name, FILE_NAME_BYTES_MAX);
        Self(if name.is_empty() {
            "file".to_owned()
        } else {
            name
        })
    }

    fn read(json: Json<'_>) -> Result<Self, Error> {
        Ok(Self::repaired(&json.into_text()?))
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

decode_as!(FileName, FileName::read);

/// Device names that no extension makes safe (Microsoft, "Naming Files, Paths, and Namespaces").
fn is_reserved_on_windows(name: &str) -> bool {
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        stem => ["COM", "LPT"].iter().any(|device| {
            stem.strip_prefix(device)
                .is_some_and(|n| matches!(n, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
        }),
    }
}

/// `name` cut to `bytes_max`, keeping a short extension.
fn shortened(name: &str, bytes_max: usize) -> String {
    if name.len() <= bytes_max {
        return name.to_owned();
    }
    let extension = match name.rfind('.') {
        Some(dot) if name.len() - dot <= 16 => &name[dot..],
        _ => "",
    };
    let mut end = bytes_max - extension.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", name[..end].trim_end())
}

#[cfg(test)]
mod tests;
