//! What a certificate is known by.

use std::fmt;
use std::str::FromStr;

use crate::decode::text_form;

/// The SHA-256 hash of a certificate in DER, written as browsers show it: `AB:CD:…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The text is no fingerprint; it says what one looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a fingerprint has 64 hexadecimal digits, with colons or without, as the server prints it at its start"
)]
pub struct FingerprintError;

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let parted = text.trim().chars().filter(|c| *c != ':');
        let digits: Option<Vec<u8>> = parted.map(digit).collect();
        let digits = digits.filter(|digits| digits.len() == 64);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes
            .iter_mut()
            .zip(digits.ok_or(FingerprintError)?.chunks(2))
        {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Self(bytes))
    }
}

text_form!(Fingerprint);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_with_colons_and_without() {
        let fingerprint = Fingerprint(std::array::from_fn(|index| index as u8 * 8));
        let shown = fingerprint.to_string();
        assert!(shown.starts_with("00:08:10:18:") && shown.ends_with(":F0:F8"));
        for text in [shown.clone(), shown.replace(':', ""), shown.to_lowercase()] {
            assert_eq!(text.parse(), Ok(fingerprint), "{text}");
        }
        for text in [
            "",
            "00:08",
            &shown[1..],
            &format!("{shown}:00"),
            &shown.replace('F', "G"),
        ] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text}");
        }
    }
}
