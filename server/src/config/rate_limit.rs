//! How much one person or address may ask for.

use std::str::FromStr;

use serde::Deserialize;

/// More than any machine can ask for.
const FACTOR_MAX: f64 = 1e6;
const FACTOR_MIN: f64 = 1e-3;

/// The built-in rates times a factor, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct RateLimit(Option<f64>);

impl RateLimit {
    /// Everybody may ask for as much as they like.
    pub const OFF: Self = Self(None);

    /// What the built-in rates are multiplied by; `None` where there is no limit.
    pub(crate) fn factor(self) -> Option<f64> {
        self.0
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self(Some(1.0))
    }
}

/// As it stands in a file.
#[derive(Deserialize)]
#[serde(untagged, expecting = "it is neither a number nor \"off\"")]
enum Written {
    Whole(u32),
    Number(f64),
    Text(String),
}

impl TryFrom<Written> for RateLimit {
    type Error = String;
    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Whole(factor) => f64::from(factor).try_into(),
            Written::Number(factor) => factor.try_into(),
            Written::Text(text) => text.parse(),
        }
    }
}

impl TryFrom<f64> for RateLimit {
    type Error = String;
    fn try_from(factor: f64) -> Result<Self, String> {
        if (FACTOR_MIN..=FACTOR_MAX).contains(&factor) {
            Ok(Self(Some(factor)))
        } else {
            Err(format!("{factor} is not between 0.001 and 1000000"))
        }
    }
}

impl FromStr for RateLimit {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let factor: f64 = text
            .parse()
            .map_err(|_| "it is neither a number nor off".to_owned())?;
        factor.try_into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_factor_or_off() {
        let parse = |text: &str| text.parse::<RateLimit>().map(RateLimit::factor);
        assert_eq!(parse("off"), Ok(None));
        assert_eq!(parse("2.5"), Ok(Some(2.5)));
        for text in ["", "on", "0", "-1", "NaN", "inf", "1e9"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let read = |text: &str| {
            let table: toml::Table = text.parse().unwrap();
            table["it"].clone().try_into::<RateLimit>()
        };
        assert_eq!(read("it = 3").unwrap(), RateLimit(Some(3.0)));
        assert_eq!(read("it = 0.5").unwrap(), RateLimit(Some(0.5)));
        assert_eq!(read("it = 'off'").unwrap(), RateLimit::OFF);
        for text in ["it = 0", "it = true", "it = 'on'"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
