//! QR codes, for cameras: dark on light whatever the theme, as cameras want it.

use client::present::qr::QrCode;
use eframe::egui::accesskit::Role;
use eframe::egui::{Color32, Rect, Sense, Ui, Vec2, vec2};

use crate::widgets::named;

/// Empty modules around it; fewer, and cameras miss it.
const QUIET: usize = 3;
/// As large as there is space for it, and no larger, in points.
const SIDE: f32 = 216.0;

/// The text as a QR code; nothing where it is too long for one.
pub(crate) fn qr(ui: &mut Ui, text: &str) {
    let Some(code) = QrCode::new(text.as_bytes()) else {
        return;
    };
    let side = SIDE.min(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    named(&response, Role::Image, "QR code");
    let painter = ui.painter();
    painter.rect_filled(rect, 6.0, Color32::WHITE);
    let module = side / (code.width + 2 * QUIET) as f32;
    for y in 0..code.width {
        for x in (0..code.width).filter(|x| code.is_dark(*x, y)) {
            let corner = rect.min + vec2((x + QUIET) as f32, (y + QUIET) as f32) * module;
            // A little larger, so that no light comes between.
            let square = Rect::from_min_size(corner, Vec2::splat(module + 0.3));
            painter.rect_filled(square, 0.0, Color32::BLACK);
        }
    }
}
