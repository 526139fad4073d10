//! Sorting by names. It is compiled once, not once for each kind of thing that is sorted.

use js_sys::JsString;

/// The text in lower case, by the browser's tables.
pub(crate) fn lower(text: &str) -> String {
    JsString::from(text).to_lower_case().into()
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
    fn names_sort_whatever_their_case() {
        let sorted = by_key(vec!["b", "Ä", "a", "B"], |name| lower(name));
        assert_eq!(sorted, ["a", "b", "B", "Ä"]);
    }
}
