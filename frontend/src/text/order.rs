//! Sorting by names. It is compiled once, not once for each kind of thing that is sorted.

use js_sys::JsString;

/// The text in lower case, by the browser's tables.
pub(crate) fn lower(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
}

/// What two names share when they count as the same, as [`shared::names::key`] says, by the browser's tables.
pub(crate) fn key(text: &str) -> String {
    // Which small letter a capital sigma is must not depend on where it stands.
    let text = String::from(JsString::from(text).normalize("NFKC"));
    let lower = JsString::from(text.replace('Σ', "σ")).to_lower_case();
    lower.normalize("NFKC").into()
}

/// The items in the order of their keys; equal ones stay in theirs.
pub(crate) fn by_key<T>(items: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    let order = order(items.iter().map(key).collect());
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(|index| items[index].take())
        .collect()
}

fn order(keys: Vec<String>) -> Vec<usize> {
    let mut order: Vec<(String, usize)> = keys.into_iter().zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, index)| index).collect()
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn keys_are_those_of_the_server() {
        for (name, wanted) in [
            ("Ann LEE", "ann lee"),
            ("Ｚoë ﬁ", "zoë fi"),
            ("Zoe\u{308}", "zoë"),
            ("ΟΔΟΣ", "οδοσ"),
            ("ς", "ς"),
            ("İ", "i\u{307}"),
        ] {
            assert_eq!(key(name), wanted, "{name}");
        }
    }

    #[test]
    fn names_sort_whatever_their_case() {
        let sorted = by_key(vec!["b", "Ä", "a", "B"], |name| lower(name));
        assert_eq!(sorted, ["a", "b", "B", "Ä"]);
    }
}
