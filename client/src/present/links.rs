//! Finds addresses in plain text.

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Whether an address may become a link: no scripts, no data, nothing of other programs.
pub fn is_safe(address: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        let start = address.get(..scheme.len());
        let same = start.is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        same && address.len() > scheme.len()
    })
}

/// The address that begins at byte `at`, as a reader would take it.
pub fn address_at(text: &str, at: usize) -> Option<&str> {
    let before = text[..at].chars().next_back();
    if before.is_some_and(char::is_alphanumeric) || !is_safe(&text[at..]) {
        return None;
    }
    let address = &text[at..at + length(&text[at..])];
    is_safe(address).then_some(address)
}

/// Up to white space or a quote, without what ends the sentence around it, and without a bracket that was opened
/// before it.
fn length(text: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '«' | '»')
    };
    let mut address = &text[..text.find(ends).unwrap_or(text.len())];
    let count = |address: &str, bracket: char| address.matches(bracket).count();
    // Signed, because an address may open more than it closes.
    let mut round = count(address, ')') as i64 - count(address, '(') as i64;
    let mut square = count(address, ']') as i64 - count(address, '[') as i64;
    while let Some(last) = address.chars().next_back() {
        let open = match last {
            ')' => &mut round,
            ']' => &mut square,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' => &mut 1,
            _ => break,
        };
        if *open <= 0 {
            break;
        }
        *open -= 1;
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let link = text
                .is_char_boundary(at)
                .then(|| address_at(text, at))
                .flatten();
            at += link.map_or(1, str::len);
            found.extend(link);
        }
        found
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
