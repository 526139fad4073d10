//! QR codes, for cameras: dark on light whatever the theme, as cameras want it.

use eframe::egui::accesskit::Role;
use eframe::egui::{Color32, Rect, Sense, Ui, Vec2, vec2};
use qrcode::{Color, EcLevel, QrCode};

use crate::widgets::named;

/// Empty modules around it; fewer, and cameras miss it.
const QUIET: usize = 3;
/// As large as there is space for it, and no larger, in points.
const SIDE: f32 = 216.0;

/// The text as a QR code; nothing where it is too long for one.
pub(crate) fn qr(ui: &mut Ui, text: &str) {
    let Ok(code) = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L) else {
        return;
    };
    let side = SIDE.min(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    named(&response, Role::Image, "QR code");
    let painter = ui.painter();
    painter.rect_filled(rect, 6.0, Color32::WHITE);
    let width = code.width();
    let module = side / (width + 2 * QUIET) as f32;
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            let corner = rect.min + vec2(x as f32, y as f32) * module;
            // A little larger, so that no light comes between.
            let square = Rect::from_min_size(corner, Vec2::splat(module + 0.3));
            painter.rect_filled(square, 0.0, Color32::BLACK);
        }
    }
}
