//! Finds addresses in plain text.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    /// An address of a kind that is safe to follow.
    Link(&'a str),
}

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Whether an address may become a link: no scripts, no data, nothing of other programs.
pub(crate) fn is_safe(address: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        let start = address.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && address.len() > scheme.len()
    })
}

/// The text in pieces, in order and complete.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(found) = next_scheme(text, at) {
        let length = address_length(&text[found..]);
        if !starts_word(text, found) || !is_safe(&text[found..found + length]) {
            at = found + 1;
            continue;
        }
        if plain_from < found {
            pieces.push(Piece::Text(&text[plain_from..found]));
        }
        pieces.push(Piece::Link(&text[found..found + length]));
        plain_from = found + length;
        at = plain_from;
    }
    if plain_from < text.len() {
        pieces.push(Piece::Text(&text[plain_from..]));
    }
    pieces
}

fn next_scheme(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|&at| {
        let rest = &bytes[at..];
        matches!(rest[0], b'h' | b'H' | b'm' | b'M')
            && SCHEMES.iter().any(|scheme| {
                rest.len() > scheme.len()
                    && rest[..scheme.len()].eq_ignore_ascii_case(scheme.as_bytes())
            })
    })
}

fn starts_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_none_or(|character| !character.is_alphanumeric())
}

/// Up to white space or a quote, without what ends the sentence around it, and without a bracket that was opened
/// before it.
fn address_length(text: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '«' | '»')
    };
    let mut address = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = address.chars().next_back() {
        let drop = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' => true,
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            _ => false,
        };
        if !drop {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let all = pieces(text);
        let whole: String = all
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link(text) => *text,
            })
            .collect();
        assert_eq!(whole, text, "nothing is lost");
        let link = |piece: &Piece<'_>| matches!(piece, Piece::Link(_));
        all.into_iter()
            .filter(link)
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Link(text) => text,
            })
            .collect()
    }

    #[test]
    fn addresses_end_where_a_reader_would_end_them() {
        let cases = [
            ("see http://a.example/x, then", "http://a.example/x"),
            ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
            ("HTTPS://A.example!", "HTTPS://A.example"),
            ("<http://[::1]:8080/files/x>", "http://[::1]:8080/files/x"),
            ("mailto:ann@a.example.", "mailto:ann@a.example"),
            ("ü→https://a.example/ü…", "https://a.example/ü"),
        ];
        for (text, link) in cases {
            assert_eq!(links(text), [link], "{text}");
        }
        assert_eq!(links("http://a.example http://b.example").len(), 2);
    }

    #[test]
    fn what_is_no_address_stays_text() {
        for text in [
            "",
            "http://",
            "http://.",
            "xhttp://a",
            "javascript:alert(1)",
            "mailto:",
            "hm http",
        ] {
            assert!(links(text).is_empty(), "{text}");
        }
        assert!(!is_safe("javascript:alert(1)//http://"));
        assert!(!is_safe(" https://a"));
    }
}
