//! Which passwords are refused: too short, too long, or among the first that anybody tries (NIST SP 800-63B,
//! section 5.1.1.2). Nothing is asked of their characters.

use shared::limits::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN};
use shared::{PersonName, Secret};
use unicode_normalization::UnicodeNormalization as _;

/// Passwords of eight characters and more that are tried first everywhere, in lower case.
const COMMON: &str = include_str!("common.txt");

/// Why a password is refused; the text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weakness {
    #[error("A password needs at least {PASSWORD_CHARS_MIN} characters; a few words do well.")]
    Short,
    #[error("A password may have at most {PASSWORD_CHARS_MAX} characters.")]
    Long,
    #[error("This password is among the first that anybody would try; choose another.")]
    Common,
    #[error("A password that holds little more than your name is easily guessed; choose another.")]
    Name,
}

/// Whether somebody of this name may have it as their password.
pub(crate) fn check_new(password: &Secret, name: &str) -> Result<(), Weakness> {
    let text = password.reveal();
    // Bounded before it is normalised.
    if text.chars().nth(PASSWORD_CHARS_MAX).is_some() {
        return Err(Weakness::Long);
    }
    if text.nfc().count() < PASSWORD_CHARS_MIN {
        return Err(Weakness::Short);
    }
    let folded: String = text.to_lowercase().split_whitespace().collect();
    if COMMON.lines().any(|common| common == folded) || is_row(&folded) {
        return Err(Weakness::Common);
    }
    if holds_little_more_than(&folded, name) {
        return Err(Weakness::Name);
    }
    Ok(())
}

/// One character again and again, or each the next one.
fn is_row(text: &str) -> bool {
    let chars: Vec<u32> = text.chars().map(u32::from).collect();
    let is_by = |step: i64| {
        chars
            .windows(2)
            .all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step)
    };
    is_by(0) || is_by(1) || is_by(-1)
}

fn holds_little_more_than(folded: &str, name: &str) -> bool {
    let key = name
        .parse()
        .map_or_else(|_| name.to_lowercase(), |name: PersonName| name.key());
    let key: String = key.split_whitespace().collect();
    let rest = folded.replace(&key, "");
    !key.is_empty()
        && rest.len() < folded.len()
        && rest.chars().all(|c| !c.is_alphabetic())
        && rest.chars().count() <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Weakness> {
        check_new(&Secret::from(password), "Zoë Müller")
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for (password, refused) in [
            ("", Weakness::Short),
            ("7 chars", Weakness::Short),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", Weakness::Short),
            ("password", Weakness::Common),
            ("PassWord1", Weakness::Common),
            ("12345678", Weakness::Common),
            ("zyxwvuts", Weakness::Common),
            ("........", Weakness::Common),
            ("zoë müller", Weakness::Name),
            ("ZOËMÜLLER1999", Weakness::Name),
            ("1! zoë müller", Weakness::Name),
        ] {
            assert_eq!(check(password), Err(refused), "{password}");
        }
        assert_eq!(check(&"ab".repeat(129)), Err(Weakness::Long));
    }

    #[test]
    fn whatever_else_is_taken() {
        for password in [
            "correct horse",
            "a3$kd9!w",
            "zoë müller likes tea",
            "лошадь ест сено",
            "🐎🐎🐎🐎🌾🌾🌾🌾",
        ] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
        assert_eq!(check(&"ab".repeat(128)), Ok(()));
    }

    #[test]
    fn the_list_is_as_passwords_are_compared_with_it() {
        for line in COMMON.lines() {
            assert!(line.chars().count() >= PASSWORD_CHARS_MIN, "{line}");
            assert_eq!(line, line.to_lowercase().trim(), "{line}");
        }
        assert!(COMMON.lines().count() > 100);
    }
}
