//! How people look.

use shared::PersonId;

/// As many hues as there are, evenly around the colour circle from [`hue_degrees`] of 0 on.
pub const HUES: u32 = 24;

/// Which of the hues a person has, the same everywhere.
pub fn hue(id: PersonId) -> u32 {
    // The first bytes of an id are a time, which people who came together share.
    let sum = id.as_bytes()[8..].iter().fold(0u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
    });
    sum % HUES
}

/// The hue as an angle in OKLCH.
pub fn hue_degrees(hue: u32) -> f32 {
    10.0 + 360.0 / HUES as f32 * hue as f32
}
