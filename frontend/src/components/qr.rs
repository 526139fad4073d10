//! QR codes, for cameras.

use client::present::qr::QrCode;
use yew::{Html, html};

/// Empty modules around it; fewer, and cameras miss it.
const QUIET: usize = 3;

/// The text as a QR code; nothing where it is too long for one.
pub(crate) fn qr(text: &str) -> Html {
    let Some(code) = QrCode::new(text.as_bytes()) else {
        return Html::default();
    };
    let mut path = String::new();
    for y in 0..code.width {
        for x in (0..code.width).filter(|x| code.is_dark(*x, y)) {
            path += &format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    let size = code.width + 2 * QUIET;
    html! {
        <svg class="qr" viewBox={format!("0 0 {size} {size}")} role="img" aria-label="QR code">
            <path d={path} />
        </svg>
    }
}
