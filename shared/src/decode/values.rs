//! What messages are made of.

use litemap::LiteMap;
use serde::de::Error as _;

use super::{Decode, DecodeFields, Error, Json, Object};

impl Decode for bool {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        match json {
            Json::Bool(value) => Ok(value),
            other => Err(other.unexpected("true or false")),
        }
    }
}

impl Decode for u64 {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        json.unsigned()
    }
}

macro_rules! smaller {
    ($($type:ty)+) => {
        $(impl Decode for $type {
            fn decode(json: Json<'_>) -> Result<Self, Error> {
                let value = u64::decode(json)?;
                value.try_into().map_err(|_| Error::custom("the number is too large"))
            }
        })+
    };
}

smaller!(u16 u32 usize);

impl Decode for String {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        Ok(json.into_text()?.into_owned())
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        match json {
            Json::Null => Ok(None),
            json => T::decode(json).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        let mut values = Self::new();
        for json in json.into_list()? {
            values.push(T::decode(json)?);
        }
        Ok(values)
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        let mut values = json.into_list()?.into_iter();
        match (values.next(), values.next(), values.next()) {
            (Some(first), Some(second), None) => Ok((A::decode(first)?, B::decode(second)?)),
            _ => Err(Error::custom("expected a pair")),
        }
    }
}

impl<K: Decode + Ord, V: Decode> Decode for LiteMap<K, V> {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        let mut map = Self::new();
        for (key, value) in json.into_object()?.into_fields() {
            map.insert(K::decode(Json::Text(key))?, V::decode(value)?);
        }
        Ok(map)
    }
}

impl<T: DecodeFields> DecodeFields for Box<T> {
    fn decode_fields(object: &mut Object<'_>) -> Result<Self, Error> {
        T::decode_fields(object).map(Box::new)
    }
}

impl Decode for serde_json::Value {
    fn decode(json: Json<'_>) -> Result<Self, Error> {
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(value) => value.into(),
            Json::Unsigned(value) => value.into(),
            Json::Signed(value) => value.into(),
            Json::Float(value) => value.into(),
            Json::Text(text) => text.into(),
            Json::List(list) => Self::Array(Vec::decode(Json::List(list))?),
            Json::Object(object) => {
                let mut map = serde_json::Map::new();
                for (name, value) in object.into_fields() {
                    map.insert(name.into_owned(), Self::decode(value)?);
                }
                Self::Object(map)
            }
        })
    }
}
