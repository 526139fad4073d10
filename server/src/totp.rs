//! Codes that change with the time (RFC 6238, with HMAC-SHA-1, 30 seconds and six digits, as every authenticator has
//! them).

use hmac::{Hmac, Mac as _};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use shared::{Secret, TimestampMs};

use crate::store::random;

/// As RFC 4226, section 4, recommends.
const SECRET_BYTES: usize = 20;
const STEP_MS: u64 = 30_000;
const DIGITS: usize = 6;
/// RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn new_secret() -> Vec<u8> {
    random::<SECRET_BYTES>().to_vec()
}

/// The step that the code is of: this one, or one beside it, as clocks differ and people type slowly.
pub(crate) fn step_of(secret: &[u8], code: &Secret, now: TimestampMs) -> Option<u64> {
    let digits: String = code
        .reveal()
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let now = now.0 / STEP_MS;
    [now, now.saturating_sub(1), now + 1]
        .into_iter()
        .find(|step| self::code(secret, *step) == digits)
}

/// The code of a step.
pub(crate) fn code(secret: &[u8], step: u64) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret).map(|mac| mac.chain_update(step.to_be_bytes()));
    let mac = mac.expect("HMAC takes keys of any length");
    let mac = mac.finalize().into_bytes();
    // Dynamic truncation (RFC 4226, section 5.3).
    let at = usize::from(mac[19] & 0xF);
    let word = u32::from_be_bytes([mac[at] & 0x7F, mac[at + 1], mac[at + 2], mac[at + 3]]);
    format!("{:0DIGITS$}", word % 10_u32.pow(DIGITS as u32))
}

/// The secret as people type it: base32 without padding.
pub(crate) fn typed(secret: &[u8]) -> Secret {
    let mut text = String::new();
    for piece in secret.chunks(5) {
        let mut bytes = [0; 8];
        bytes[3..3 + piece.len()].copy_from_slice(piece);
        let bits = u64::from_be_bytes(bytes);
        let letters = (piece.len() * 8).div_ceil(5);
        text.extend((0..letters).map(|at| {
            let letter = (bits >> (35 - 5 * at)) & 31;
            char::from(BASE32[letter as usize])
        }));
    }
    text.into()
}

/// What a QR code holds for an authenticator.
pub(crate) fn uri(secret: &[u8], server: &str, name: &str) -> Secret {
    let (server, name) = (
        utf8_percent_encode(server, NON_ALPHANUMERIC),
        utf8_percent_encode(name, NON_ALPHANUMERIC),
    );
    let secret = typed(secret);
    let secret = secret.reveal();
    format!("otpauth://totp/{server}:{name}?secret={secret}&issuer={server}").into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SECRET, seconds / 30), expected);
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_those_beside_it() {
        let step_at = |seconds: u64, code: &str| {
            step_of(SECRET, &Secret::from(code), TimestampMs(seconds * 1000))
        };
        let code = code(SECRET, 100);
        for seconds in [100 * 30 - 30, 100 * 30, 100 * 30 + 29, 100 * 30 + 59] {
            assert_eq!(step_at(seconds, &code), Some(100), "{seconds}");
        }
        for seconds in [100 * 30 - 31, 100 * 30 + 60] {
            assert_eq!(step_at(seconds, &code), None, "{seconds}");
        }
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert_eq!(step_at(3000, &spaced), Some(100));
        assert_eq!(step_at(3000, ""), None);
    }

    #[test]
    fn a_secret_is_typed_in_base32() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(typed(bytes.as_bytes()).reveal(), text);
        }
        assert_eq!(new_secret().len(), SECRET_BYTES);
        assert_eq!(
            uri(b"foobar", "The Mill", "Zoë").reveal(),
            "otpauth://totp/The%20Mill:Zo%C3%AB?secret=MZXW6YTBOI&issuer=The%20Mill"
        );
    }
}
