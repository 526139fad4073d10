//! QR codes, for cameras.

use qrcode::{Color, EcLevel, QrCode};
use yew::{Html, html};

/// Empty modules around it; fewer, and cameras miss it.
const QUIET: usize = 3;

/// The text as a QR code; nothing where it is too long for one.
pub(crate) fn qr(text: &str) -> Html {
    let Ok(code) = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L) else {
        return Html::default();
    };
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            path += &format!("M{x} {y}h1v1h-1z");
        }
    }
    let size = width + 2 * QUIET;
    html! {
        <svg class="qr" viewBox={format!("0 0 {size} {size}")} role="img" aria-label="QR code">
            <path d={path} />
        </svg>
    }
}
