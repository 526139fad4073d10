//! Whom a text mentions: an `@` that no word goes before, and behind it the longest name that somebody has. The server
//! decides by it whom a message concerns, and screens mark by it what they show.

use std::convert::Infallible;
use std::ops::Range;

use crate::limits::{MENTIONS_MAX, PERSON_NAME_CHARS_MAX};
use crate::names;

/// What mentions everyone in a room of at most [`crate::limits::MENTION_ALL_MEMBERS_MAX`] members.
const EVERYONE: [&str; 2] = ["all", "room"];

/// Whether this [`names::key`] stands for everyone in the room.
pub fn is_everyone(key: &str) -> bool {
    EVERYONE.contains(&key)
}

/// Where the text mentions somebody, with the `@`, and what `who` says of them: it is given keys of names
/// ([`names::key`]), longer ones first, until it knows one. Of a text with very many `@` only the first count.
pub fn find<T>(text: &str, mut who: impl FnMut(&str) -> Option<T>) -> Vec<(Range<usize>, T)> {
    let found: Result<_, Infallible> = try_find(text, |key| Ok(who(key)));
    match found {
        Ok(found) => found,
    }
}

/// As [`find`], where asking for a name may fail; then the search ends.
pub fn try_find<T, E>(
    text: &str,
    mut who: impl FnMut(&str) -> Result<Option<T>, E>,
) -> Result<Vec<(Range<usize>, T)>, E> {
    let mut found: Vec<(Range<usize>, T)> = Vec::new();
    for at in starts(text).take(MENTIONS_MAX) {
        // A name may hold an `@` itself.
        if found.last().is_some_and(|(before, _)| at < before.end) {
            continue;
        }
        let rest = &text[at + 1..];
        for end in ends(rest).into_iter().rev() {
            if let Some(known) = who(&names::key(&rest[..end]))? {
                found.push((at..at + 1 + end, known));
                break;
            }
        }
    }
    Ok(found)
}

/// Where an `@` stands that no word goes before, as one does in an e-mail address.
fn starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices('@')
        .map(|(at, _)| at)
        .filter(|at| !text[..*at].chars().next_back().is_some_and(is_spaced))
}

/// Where a name that the text begins with may end, ascending.
fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let letters = text.char_indices().take(PERSON_NAME_CHARS_MAX);
    if text.starts_with(char::is_whitespace) {
        return ends;
    }
    for (at, letter) in letters {
        if letter.is_control() {
            break;
        }
        let end = at + letter.len_utf8();
        let next = text[end..].chars().next();
        let goes_on = is_spaced(letter) && next.is_some_and(is_spaced);
        if !goes_on && !letter.is_whitespace() {
            ends.push(end);
        }
    }
    ends
}

/// Whether the letter is of a script that puts spaces between words, so that a word does not end before another such
/// letter. Scripts without capitals count as those that do not.
fn is_spaced(letter: char) -> bool {
    letter.is_lowercase() || letter.is_uppercase() || letter.is_numeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str) -> Vec<(&str, &'static str)> {
        let names = ["ann", "ann lee", "zoë", "王小明", "bob@home", "dr. o'hara"];
        let found = find(text, |key| {
            names.into_iter().find(|name| names::key(name) == key)
        });
        let found = found.into_iter();
        found.map(|(at, name)| (&text[at], name)).collect()
    }

    #[test]
    fn the_longest_name_that_somebody_has_is_meant() {
        assert_eq!(mentions("@Ann"), [("@Ann", "ann")]);
        assert_eq!(mentions("hi @ANN LEE!"), [("@ANN LEE", "ann lee")]);
        assert_eq!(mentions("@Ann leeway"), [("@Ann", "ann")]);
        assert_eq!(
            mentions("(@ann), @zoË: @Dr. O'Hara"),
            [
                ("@ann", "ann"),
                ("@zoË", "zoë"),
                ("@Dr. O'Hara", "dr. o'hara")
            ]
        );
        assert_eq!(mentions("你好@王小明你好"), [("@王小明", "王小明")]);
        assert_eq!(
            mentions("@bob@home @ann"),
            [("@bob@home", "bob@home"), ("@ann", "ann")]
        );
        assert_eq!(
            mentions("@Zoe\u{308}"),
            [("@Zoe\u{308}", "zoë")],
            "decomposed"
        );
    }

    #[test]
    fn what_is_part_of_a_word_mentions_nobody() {
        for text in [
            "", "@", "@@", "@ ann", "Ann", "@anna", "@ann_", "@ann2", "bob@ann", "x_@ann",
            "@\nann", "@Tom",
        ] {
            assert_eq!(mentions(text), [], "{text}");
        }
    }

    #[test]
    fn a_hostile_text_costs_a_bounded_number_of_searches() {
        let mut searches = 0;
        let text = format!("{} @ann", "@王王王王王王王王王王王王王王王王".repeat(500));
        let found = find(&text, |_| {
            searches += 1;
            None::<()>
        });
        assert!(found.is_empty());
        assert!(
            searches <= MENTIONS_MAX * PERSON_NAME_CHARS_MAX,
            "{searches}"
        );
    }
}
