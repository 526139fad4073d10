//! Random bytes fit for secrets.

use crate::browser::window;

/// `N` of them.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes))
        .expect("every browser that runs WebAssembly has a source of secrets");
    bytes
}
