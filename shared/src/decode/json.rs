//! JSON as a value.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::Error;

/// A JSON value. Texts without escapes are those of the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    /// Whole and not negative.
    Unsigned(u64),
    /// Whole and negative.
    Signed(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// The fields of an object, from which they are taken by name.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Object<'a> {
    /// `None` where it was taken.
    fields: Vec<(Cow<'a, str>, Option<Json<'a>>)>,
    /// Where the next one is looked for first: most objects have their fields in the order of their type.
    next: usize,
}

impl<'a> Object<'a> {
    /// The field of this name; an error where there are two.
    pub fn get(&self, name: &str) -> Result<Option<&Json<'a>>, Error> {
        let fields = self.fields.iter().filter(|(other, _)| other == name);
        let mut found = fields.filter_map(|(_, value)| value.as_ref());
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(duplicate(name)),
            (found, None) => Ok(found),
        }
    }

    /// Takes out a field of this name.
    pub fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let mut indices = (self.next..self.fields.len()).chain(0..self.next);
        let index = indices.find(|index| {
            let (other, value) = &self.fields[*index];
            other == name && value.is_some()
        })?;
        self.next = index + 1;
        self.fields[index].1.take()
    }

    /// An error where one that was taken is there once more.
    pub(super) fn finish(&self) -> Result<(), Error> {
        // No type has many fields, but a line may: only the former are gone through for each of the latter.
        let taken = self.fields.iter().filter(|(_, value)| value.is_none());
        let taken: Vec<&str> = taken.map(|(name, _)| &**name).collect();
        let mut left = self.fields.iter().filter(|(_, value)| value.is_some());
        match left.find(|(name, _)| taken.contains(&&**name)) {
            Some((name, _)) => Err(duplicate(name)),
            None => Ok(()),
        }
    }

    /// What was not taken.
    pub(super) fn into_fields(self) -> impl Iterator<Item = (Cow<'a, str>, Json<'a>)> {
        let fields = self.fields.into_iter();
        fields.filter_map(|(name, value)| Some((name, value?)))
    }
}

fn duplicate(name: &str) -> Error {
    Error::custom(format_args!("duplicate field `{name}`"))
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(u64::try_from(value).map_or(Json::Signed(value), Json::Unsigned))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json<'de>, A::Error> {
        let mut object = Object::default();
        // A name is read like any text, so that it is borrowed like one.
        while let Some((name, value)) = fields.next_entry::<Json<'de>, Json<'de>>()? {
            let name = name.into_text().map_err(A::Error::custom)?;
            object.fields.push((name, Some(value)));
        }
        Ok(Json::Object(object))
    }
}
