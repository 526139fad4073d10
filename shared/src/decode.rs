//! From JSON to messages, in two steps: the text becomes a [`Json`], whose texts are borrowed where they can be, and a
//! message takes from it what it is made of. So one small piece of code reads every message, whatever it comes from.
//! `#[derive(Decode)]` writes the second step, and implements serde's `Deserialize` by both.
//!
//! Unknown fields are passed over. A field that is there twice is an error, and so is `null` for what is no `Option`.

mod json;
mod values;

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use litemap::LiteMap;
use serde::Serialize;
use serde::de::Error as _;

pub use shared_derive::Decode;

pub use self::json::{Json, Object};

/// Why JSON is not what was asked for.
pub type Error = serde_json::Error;

/// What can be made from JSON.
pub trait Decode: Sized {
    /// Makes it.
    fn decode(json: Json<'_>) -> Result<Self, Error>;

    /// What stands for a field of this type that was left out; `None` where it must be there.
    fn absent() -> Option<Self> {
        None
    }
}

/// What can be made from some of an object's fields: these can stand beside others.
pub trait DecodeFields: Sized {
    /// Takes the fields out of the object.
    fn decode_fields(object: &mut Object<'_>) -> Result<Self, Error>;
}

impl<T: DecodeFields> Decode for T {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        let mut object = json.into_object()?;
        let value = T::decode_fields(&mut object)?;
        object.finish()?;
        Ok(value)
    }
}

/// Reads with any of serde's deserialisers.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Decode,
    D: serde::Deserializer<'de>,
{
    let json = <Json<'de> as serde::Deserialize>::deserialize(deserializer)?;
    T::decode(json).map_err(D::Error::custom)
}

/// A map as an object, also where it is empty, for `serialize_with`.
pub fn serialize_map<K, V, S>(map: &LiteMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Serialize,
    V: Serialize,
    S: serde::Serializer,
{
    serializer.collect_map(map)
}

/// Makes what is written as text.
pub fn parse<T>(json: Json<'_>) -> Result<T, Error>
where
    T: FromStr<Err: Display>,
{
    json.into_text()?.parse().map_err(Error::custom)
}

/// The index among `names` of the one that the text is, or the number of names.
pub fn variant(json: &Json<'_>, names: &[&str]) -> Result<usize, Error> {
    let text = json.text()?;
    let index = names.iter().position(|name| *name == text);
    Ok(index.unwrap_or(names.len()))
}

/// There is no variant of this name.
pub fn unknown_variant(names: &[&str]) -> Error {
    Error::custom(format_args!("unknown variant, expected one of {names:?}"))
}

impl<'a> Object<'a> {
    /// The field, which must be there where its type says so.
    pub fn field<T: Decode>(&mut self, name: &'static str) -> Result<T, Error> {
        match self.optional(name)? {
            Some(value) => Ok(value),
            None => T::absent().ok_or_else(|| missing(name)),
        }
    }

    /// The field, or what `absent` returns.
    pub fn field_or<T: Decode>(
        &mut self,
        name: &'static str,
        absent: fn() -> T,
    ) -> Result<T, Error> {
        Ok(self.optional(name)?.unwrap_or_else(absent))
    }

    /// Puts the field, if it is there, in place of `value`.
    pub fn update<T: Decode>(&mut self, name: &'static str, value: &mut T) -> Result<(), Error> {
        if let Some(found) = self.optional(name)? {
            *value = found;
        }
        Ok(())
    }

    /// The index among `names` of the one that the field `tag` is, or the number of names.
    pub fn variant(&mut self, tag: &'static str, names: &[&str]) -> Result<usize, Error> {
        let json = self.take(tag).ok_or_else(|| missing(tag))?;
        variant(&json, names).map_err(|error| inside(tag, &error))
    }

    fn optional<T: Decode>(&mut self, name: &'static str) -> Result<Option<T>, Error> {
        match self.take(name) {
            Some(json) => T::decode(json)
                .map(Some)
                .map_err(|error| inside(name, &error)),
            None => Ok(None),
        }
    }
}

fn missing(name: &str) -> Error {
    Error::custom(format_args!("missing field `{name}`"))
}

fn inside(name: &str, error: &Error) -> Error {
    Error::custom(format_args!("{name}: {error}"))
}

impl<'a> Json<'a> {
    /// The text that it is.
    pub fn text(&self) -> Result<&str, Error> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.unexpected("a text")),
        }
    }

    /// The number that it is.
    pub fn unsigned(&self) -> Result<u64, Error> {
        match self {
            Self::Unsigned(value) => Ok(*value),
            other => Err(other.unexpected("a whole number, not negative")),
        }
    }

    /// The text that it is.
    pub fn into_text(self) -> Result<Cow<'a, str>, Error> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.unexpected("a text")),
        }
    }

    /// The fields that it has.
    pub fn into_object(self) -> Result<Object<'a>, Error> {
        match self {
            Self::Object(object) => Ok(object),
            other => Err(other.unexpected("an object")),
        }
    }

    /// The values that it lists.
    pub fn into_list(self) -> Result<Vec<Json<'a>>, Error> {
        match self {
            Self::List(list) => Ok(list),
            other => Err(other.unexpected("a list")),
        }
    }

    /// It should have been something else.
    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Unsigned(_) | Self::Signed(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        };
        Error::custom(format_args!("expected {wanted}, found {found}"))
    }
}

/// Implements decoding and encoding of what is a text on the wire, for a type with `FromStr` and `Display`.
macro_rules! text_form {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        crate::decode::decode_as!($name, crate::decode::parse);
    };
}
pub(crate) use text_form;

/// Implements decoding by a function from a [`Json`].
macro_rules! decode_as {
    ($name:ident, $decode:path) => {
        impl crate::decode::Decode for $name {
            fn decode(json: crate::decode::Json<'_>) -> Result<Self, crate::decode::Error> {
                $decode(json)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::decode::deserialize(deserializer)
            }
        }
    };
}
pub(crate) use decode_as;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
