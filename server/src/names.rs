//! What a new name must be besides what [`shared::names`] says: unlike every other one to the eye, and without piles
//! of marks. Names of before these rules stay, so nothing here is asked of a name that is only read or shown.

use shared::names::with_fitting_marks;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection;

/// Why a new name is refused; the text says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NewNameError {
    /// Marks without a letter below them, too many on one, or one twice.
    #[error("a name may not pile up accents and other marks; use a few, each on a letter")]
    Marks,
}

/// Which edition of [`looks`] made the looks that are stored: to be raised when the code below changes; the tables
/// bring their own part.
pub(crate) fn edition() -> String {
    let (major, minor, update) = unicode_security::UNICODE_VERSION;
    format!("1, Unicode {major}.{minor}.{update}")
}

/// Whether somebody may take this name, were it not taken.
pub(crate) fn check_new(name: &str) -> Result<(), NewNameError> {
    if with_fitting_marks(name) == name {
        Ok(())
    } else {
        Err(NewNameError::Marks)
    }
}

/// How the name looks (UTS 39, section 4): two names that share one of these are not told apart by people, who do
/// not mind case either. The first is how it looks as it is written, the second how it looks in lower case. Both are
/// needed: `PayPaI` is mistaken for `PayPal`, which is the same name as `paypal`, and `Іvan` with a Cyrillic capital
/// is mistaken for `Ivan`, which is the same as `ivan`.
pub(crate) fn looks(name: &str) -> [String; 2] {
    let compatible: String = name.nfkc().collect();
    [
        skeleton(&folded(&skeleton(&compatible))),
        skeleton(&folded(&compatible)),
    ]
}

/// Without differences of case, as far as `ß` and `SS` or the two small sigmas.
fn folded(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

fn skeleton(text: &str) -> String {
    let skeleton: String = confusable_detection::skeleton(text).collect();
    // A dot on a letter that has one is not seen.
    skeleton.replace("i\u{307}", "i").replace("j\u{307}", "j")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        let b = looks(b);
        looks(a).iter().any(|look| b.contains(look))
    }

    #[test]
    fn names_that_people_mistake_for_each_other_look_alike() {
        for (taken, attack) in [
            ("Ann", "Аnn"),
            ("ann", "АNN"),
            ("paypal", "раураl"),
            ("paypal", "РАУРАL"),
            ("PayPal", "paypa1"),
            ("paypal", "PayPaI"),
            ("paypal", "PАYPА1"),
            ("Ann", "Ａｎｎ"),
            ("Ann", "𝐀𝐧𝐧"),
            ("Ann", "𝒜𝓃𝓃"),
            ("Ann", "Ⓐⓝⓝ"),
            ("Bill", "BiII"),
            ("Bill", "Bi11"),
            ("Bill", "Bi||"),
            ("lvan", "Ivan"),
            ("ivan", "Іvan"),
            ("max", "Мax"),
            ("Arnold", "Amold"),
            ("Bob", "B0b"),
            ("Bob", "Ｂｏｂ"),
            ("Sophia", "Ѕорhіа"),
            ("Chloe", "Сhlое"),
            ("Anna", "ΑΝΝΑ"),
            ("straße", "STRASSE"),
            ("Ivo", "i\u{307}vo"),
            ("ivo", "ıvo"),
            ("Ann", "Ann\u{FE0F}"),
            ("Heart ❤", "Heart ❤\u{FE0F}"),
            ("Ann-Lee", "Ann‐Lee"),
            ("Ann-Lee", "Ann−Lee"),
            ("O'Hara", "O’Hara"),
            ("Ольга", "Oльгa"),
            ("lobby", "1obby"),
            ("lobby", "ⅼobby"),
            ("lobby", "LΟBBY"),
            ("office", "oﬃce"),
            ("é", "e\u{301}"),
        ] {
            assert!(
                alike(taken, attack),
                "{taken} {attack}: {:?} {:?}",
                looks(taken),
                looks(attack)
            );
        }
    }

    #[test]
    fn names_that_differ_to_the_eye_do_not_look_alike() {
        for (a, b) in [
            ("Ann", "Anne"),
            ("Ann", "Änn"),
            ("Ann", "Ann 2"),
            ("Jörg", "Jorg"),
            ("mall", "mail"),
            ("Ola", "Ole"),
            ("Ольга", "Олег"),
            ("王小明", "王小朋"),
            ("👩", "👨"),
            ("room-1", "room-2"),
            ("Ann Lee", "AnnLee"),
        ] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn marks_are_for_letters_and_few() {
        for good in [
            "Zoë",
            "Nguyễn",
            "สมชาย ที่รัก",
            "שָׁלוֹם",
            "မြွေး",
            "हिन्दी",
            "❤\u{FE0F}",
            "Å\u{323}\u{301}",
        ] {
            assert_eq!(check_new(good), Ok(()), "{good}");
        }
        for bad in [
            "Z\u{336}\u{301}\u{302}\u{303}\u{304}\u{305}algo",
            "ก\u{E47}\u{E47}",
            "\u{301}Ann",
            "Ann \u{301}",
            "Ann\u{FE0F}\u{FE0F}",
        ] {
            assert_eq!(check_new(bad), Err(NewNameError::Marks), "{bad}");
        }
    }
}
