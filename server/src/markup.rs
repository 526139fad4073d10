//! Text in HTML that this server writes itself.

use std::fmt;

/// Text that is text wherever it stands, in an attribute as well.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => fmt::Write::write_char(f, c)?,
                // Of a line's end, \n is enough.
                '\r' => {}
                // HTML has no place for them.
                c if c.is_control() => f.write_str("\u{FFFD}")?,
                c => fmt::Write::write_char(f, c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_said_is_markup() {
        let said = "<script>alert('&')</script>\n\"\0\u{1b}";
        let shown = Escaped(said).to_string();
        assert_eq!(
            shown,
            "&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;\n&quot;\u{FFFD}\u{FFFD}"
        );
    }
}
