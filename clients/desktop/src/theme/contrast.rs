//! Whether everything can be read: WCAG 2.2 wants 4.5 to 1 of text and 3 to 1 of signs, in every variant.

use super::*;

const TEXT: f32 = 4.5;
const SIGN: f32 = 3.0;

fn luminance(colour: Color32) -> f32 {
    let [r, g, b] = [colour.r(), colour.g(), colour.b()].map(|part| {
        let part = f32::from(part) / 255.0;
        match part <= 0.04045 {
            true => part / 12.92,
            false => ((part + 0.055) / 1.055).powf(2.4),
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn ratio(one: Color32, other: Color32) -> f32 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

fn holds(variant: Variant, least: f32, pairs: &[(&str, Color32, Color32)]) {
    for (name, above, ground) in pairs {
        let ratio = ratio(*above, *ground);
        assert!(ratio >= least, "{name} of {variant:?}: {ratio:.2}");
    }
}

fn check(variant: Variant) {
    let theme = Theme::new(variant);
    let grounds = [
        theme.surface,
        theme.surface_side,
        theme.surface_raised,
        theme.hover,
        theme.row_hover,
    ];
    for ground in grounds {
        let texts = [
            ("text", theme.text, ground),
            ("text-2", theme.text_2, ground),
            ("text-3", theme.text_3, ground),
            ("accent-text", theme.accent_text, ground),
        ];
        holds(variant, TEXT, &texts);
    }
    let pairs = [
        ("text in code", theme.text, theme.code),
        ("text on a selection", theme.text, theme.accent_soft),
        ("accent-text", theme.accent_text, theme.accent_soft),
        ("on-accent", theme.on_accent, theme.accent),
        ("on-accent, hovered", theme.on_accent, theme.accent_hover),
        ("danger", theme.danger, theme.surface),
        ("danger in a dialog", theme.danger, theme.surface_raised),
        ("danger at the side", theme.danger, theme.surface_side),
        ("danger in its bar", theme.danger, theme.danger_soft),
        ("on-danger", theme.on_danger, theme.danger),
        ("warning-text", theme.warning_text, theme.warning_soft),
    ];
    holds(variant, TEXT, &pairs);
    for (ground, letters) in theme.people {
        let pairs = [
            ("initials", letters, ground),
            ("a name", letters, theme.surface),
            ("a name at the side", letters, theme.surface_side),
            ("a name, hovered", letters, theme.row_hover),
        ];
        holds(variant, TEXT, &pairs);
    }
    let signs = [
        ("the focus", theme.accent, theme.surface),
        ("the focus at the side", theme.accent, theme.surface_side),
        ("success", theme.success, theme.surface_side),
    ];
    holds(variant, SIGN, &signs);
}

#[test]
fn everything_can_be_read_in_every_variant() {
    assert_eq!(ratio(Color32::BLACK, Color32::WHITE).round(), 21.0);
    for dark in [false, true] {
        for high_contrast in [false, true] {
            check(Variant {
                dark,
                high_contrast,
            });
        }
    }
}
