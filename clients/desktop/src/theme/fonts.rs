//! The system's fonts: its own for screens in two weights, and one for code. Where it has none of a kind, the ones
//! that egui brings serve; characters that these lack come from any font of the system.

use std::sync::{Arc, LazyLock};

use eframe::egui::{self, FontData, FontDefinitions, FontFamily};
use fontique::{
    Attributes, Collection, CollectionOptions, FontStyle, FontWeight, FontWidth, GenericFamily,
    QueryStatus, SourceCache,
};

/// The family of the weight 600.
pub(crate) const SEMIBOLD: &str = "semibold";

/// They stay the same while the program runs, and finding them takes long.
static FOUND: LazyLock<FontDefinitions> = LazyLock::new(find);

/// Looks for the system's fonts in a thread of its own, while the window is being opened.
pub(crate) fn begin() {
    // Where no thread can be had, they are found when they are needed.
    let _ = std::thread::Builder::new()
        .name("fonts".to_owned())
        .spawn(|| LazyLock::force(&FOUND));
}

/// Takes over the system's fonts.
pub(crate) fn install(ctx: &egui::Context) {
    ctx.set_fonts(FOUND.clone());
}

fn find() -> FontDefinitions {
    let mut definitions = FontDefinitions::default();
    let mut fonts = System::find();
    let kinds = [
        (FontFamily::Proportional, GenericFamily::SystemUi, 400.0),
        (
            FontFamily::Name(SEMIBOLD.into()),
            GenericFamily::SystemUi,
            600.0,
        ),
        (FontFamily::Monospace, GenericFamily::Monospace, 400.0),
    ];
    let fallback = definitions.families[&FontFamily::Proportional].clone();
    for (family, generic, weight) in kinds {
        let names = definitions.families.entry(family);
        let names = names.or_insert_with(|| fallback.clone());
        if let Some(data) = fonts.load(generic, weight) {
            let name = format!("{generic:?} {weight}");
            names.insert(0, name.clone());
            definitions.font_data.insert(name, Arc::new(data));
        }
    }
    definitions
}

struct System {
    collection: Collection,
    sources: SourceCache,
}

impl System {
    fn find() -> Self {
        Self {
            collection: Collection::new(CollectionOptions {
                shared: false,
                system_fonts: true,
            }),
            sources: SourceCache::default(),
        }
    }

    fn load(&mut self, generic: GenericFamily, weight: f32) -> Option<FontData> {
        let mut query = self.collection.query(&mut self.sources);
        query.set_families([generic, GenericFamily::SansSerif]);
        query.set_attributes(Attributes::new(
            FontWidth::NORMAL,
            FontStyle::Normal,
            FontWeight::new(weight),
        ));
        let mut found = None;
        query.matches_with(|font| {
            // The file as it is mapped, shared with every other program that shows it.
            let (blob, _) = font.blob.clone().into_raw_parts();
            let mut data = FontData::from_blob(blob, font.index);
            for (tag, value) in font.synthesis.variation_settings() {
                data.tweak.coords.push(*tag, *value);
            }
            found = Some(data);
            QueryStatus::Stop
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_fonts_and_shares_their_files() {
        let found = &*FOUND;
        for family in [
            FontFamily::Proportional,
            FontFamily::Monospace,
            FontFamily::Name(SEMIBOLD.into()),
        ] {
            let names = &found.families[&family];
            assert!(!names.is_empty(), "{family:?}");
            for name in names {
                assert!(found.font_data.contains_key(name), "{name}");
            }
        }
        let copy = found.clone();
        for (name, data) in &found.font_data {
            assert!(Arc::ptr_eq(data, &copy.font_data[name]), "{name}");
        }
    }

    #[test]
    fn changing_numbers_keep_their_width() {
        let ctx = egui::Context::default();
        install(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            for font in [super::super::regular(13.0), super::super::semibold(12.0)] {
                let width = |digit| ui.fonts_mut(|fonts| fonts.glyph_width(&font, digit));
                let widths: Vec<f32> = ('0'..='9').map(width).collect();
                assert!(
                    widths.iter().all(|one| *one == widths[0]),
                    "{font:?} {widths:?}"
                );
            }
        });
        output.textures_delta.clear();
    }
}
