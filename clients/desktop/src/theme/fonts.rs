//! The system's fonts: its own for screens in two weights, and one for code. Where it has none of a kind, the ones
//! that egui brings serve; characters that these lack come from any font of the system.

use std::sync::Arc;

use eframe::egui::{self, FontData, FontDefinitions, FontFamily};
use fontique::{
    Attributes, Collection, CollectionOptions, FontStyle, FontWeight, FontWidth, GenericFamily,
    QueryStatus, SourceCache,
};

/// The family of the weight 600.
pub(crate) const SEMIBOLD: &str = "semibold";

/// Takes over the system's fonts.
pub(crate) fn install(ctx: &egui::Context) {
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
    ctx.set_fonts(definitions);
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
            let mut data = FontData::from_owned(font.blob.data().to_vec());
            data.index = font.index;
            found = Some(data);
            QueryStatus::Stop
        });
        found
    }
}
