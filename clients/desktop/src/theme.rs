//! How the window looks: the page's tokens as egui has them.
//!
//! - `tokens`: read from the page's style sheet; `fonts`: the system's, in two weights; `icons`: the shared icons

pub(crate) mod fonts;
pub(crate) mod icons;
mod tokens;

use client::present::people::{HUES, hue, hue_degrees};
use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Shadow, Stroke, TextStyle, Theme as Scheme,
    Visuals,
};
use shared::PersonId;

use self::tokens::Tokens;
pub(crate) use self::tokens::{TextToken, Variant};

/// Points between things.
pub(crate) mod space {
    use super::tokens::length;

    pub(crate) const XS: f32 = length("--space-xs");
    pub(crate) const S: f32 = length("--space-s");
    pub(crate) const M: f32 = length("--space-m");
    pub(crate) const L: f32 = length("--space-l");
    pub(crate) const XL: f32 = length("--space-xl");
}

/// How wide panes are, in points.
pub(crate) mod pane {
    use super::tokens::length;

    pub(crate) const LIST: f32 = length("--pane-list");
    pub(crate) const DETAILS: f32 = length("--pane-details");
    /// Below this width of the window, the details lie over the timeline; as `shell.css` has it.
    pub(crate) const WIDE: f32 = 1200.0;
    /// Below this one, one pane is shown at a time.
    pub(crate) const NARROW: f32 = 768.0;
}

/// The colours, sizes and text styles of one variant, named as the page's tokens.
#[derive(Debug, Clone)]
pub(crate) struct Theme {
    pub(crate) surface: Color32,
    pub(crate) surface_side: Color32,
    pub(crate) surface_raised: Color32,
    pub(crate) hover: Color32,
    pub(crate) row_hover: Color32,
    pub(crate) line: Color32,
    pub(crate) line_strong: Color32,
    pub(crate) text: Color32,
    pub(crate) text_2: Color32,
    pub(crate) text_3: Color32,
    pub(crate) accent: Color32,
    pub(crate) accent_hover: Color32,
    pub(crate) accent_soft: Color32,
    pub(crate) accent_text: Color32,
    pub(crate) on_accent: Color32,
    pub(crate) danger: Color32,
    pub(crate) danger_soft: Color32,
    pub(crate) on_danger: Color32,
    pub(crate) warning_soft: Color32,
    pub(crate) warning_text: Color32,
    pub(crate) warning: Color32,
    pub(crate) success: Color32,
    pub(crate) code: Color32,
    pub(crate) body: TextToken,
    pub(crate) secondary: TextToken,
    pub(crate) meta: TextToken,
    pub(crate) title: TextToken,
    pub(crate) radius: f32,
    pub(crate) radius_card: f32,
    /// Of what floats.
    pub(crate) shadow: Shadow,
    /// Seconds.
    pub(crate) quick: f32,
    /// The colours of people by their hue: of the avatar's ground, and of letters.
    people: [(Color32, Color32); HUES as usize],
}

impl Theme {
    pub(crate) fn new(variant: Variant) -> Self {
        let tokens = Tokens::of(variant);
        let person = |number: usize| {
            let degrees = hue_degrees(number as u32);
            (
                tokens.hued("person-soft", degrees),
                tokens.hued("person-strong", degrees),
            )
        };
        Self {
            surface: tokens.colour("surface"),
            surface_side: tokens.colour("surface-side"),
            surface_raised: tokens.colour("surface-raised"),
            hover: tokens.colour("hover"),
            row_hover: tokens.colour("row-hover"),
            line: tokens.colour("line"),
            line_strong: tokens.colour("line-strong"),
            text: tokens.colour("text"),
            text_2: tokens.colour("text-2"),
            text_3: tokens.colour("text-3"),
            accent: tokens.colour("accent"),
            accent_hover: tokens.colour("accent-hover"),
            accent_soft: tokens.colour("accent-soft"),
            accent_text: tokens.colour("accent-text"),
            on_accent: tokens.colour("on-accent"),
            danger: tokens.colour("danger"),
            danger_soft: tokens.colour("danger-soft"),
            on_danger: tokens.colour("on-danger"),
            warning_soft: tokens.colour("warning-soft"),
            warning_text: tokens.colour("warning-text"),
            warning: tokens.colour("warning"),
            success: tokens.colour("success"),
            code: tokens.colour("code"),
            body: tokens.text("text-body"),
            secondary: tokens.text("text-secondary"),
            meta: tokens.text("text-meta"),
            title: tokens.text("text-title"),
            radius: tokens.length("radius"),
            radius_card: tokens.length("radius-card"),
            shadow: tokens.shadow("shadow"),
            quick: tokens.duration("quick"),
            people: std::array::from_fn(person),
        }
    }

    /// The ground of a person's avatar, and the colour of their name.
    pub(crate) fn person(&self, id: PersonId) -> (Color32, Color32) {
        self.people[hue(id) as usize % self.people.len()]
    }

    /// What egui draws by itself looks like the rest.
    fn style(&self, dark: bool) -> egui::Style {
        let mut style = egui::Style {
            visuals: if dark {
                Visuals::dark()
            } else {
                Visuals::light()
            },
            ..egui::Style::default()
        };
        style.text_styles = [
            (TextStyle::Body, regular(self.body.size)),
            (TextStyle::Button, regular(self.body.size)),
            (TextStyle::Small, regular(self.meta.size)),
            (TextStyle::Heading, semibold(self.title.size)),
            (TextStyle::Monospace, FontId::monospace(13.5)),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(space::S, space::XS);
        style.spacing.button_padding = egui::vec2(space::M, 5.0);
        style.spacing.interact_size.y = 32.0;
        style.spacing.scroll = egui::style::ScrollStyle::thin();
        style.animation_time = self.quick;
        let radius = CornerRadius::same(self.radius as u8);
        let visuals = &mut style.visuals;
        visuals.panel_fill = self.surface;
        visuals.window_fill = self.surface_raised;
        visuals.window_stroke = Stroke::new(1.0, self.line);
        visuals.window_corner_radius = CornerRadius::same(self.radius_card as u8);
        visuals.menu_corner_radius = radius;
        visuals.window_shadow = self.shadow;
        visuals.popup_shadow = self.shadow;
        visuals.extreme_bg_color = self.surface;
        visuals.faint_bg_color = self.row_hover;
        visuals.code_bg_color = self.code;
        visuals.hyperlink_color = self.accent_text;
        visuals.error_fg_color = self.danger;
        visuals.warn_fg_color = self.warning_text;
        visuals.selection.bg_fill = self.accent_soft;
        visuals.selection.stroke = Stroke::new(1.0, self.accent_text);
        visuals.text_cursor.stroke.color = self.accent;
        let states = [
            (
                &mut visuals.widgets.noninteractive,
                self.surface,
                self.line,
                self.text,
            ),
            (
                &mut visuals.widgets.inactive,
                self.hover,
                self.line,
                self.text,
            ),
            (
                &mut visuals.widgets.hovered,
                self.hover,
                self.line_strong,
                self.text,
            ),
            (
                &mut visuals.widgets.active,
                self.accent_soft,
                self.accent,
                self.text,
            ),
            (
                &mut visuals.widgets.open,
                self.hover,
                self.line_strong,
                self.text,
            ),
        ];
        for (widget, fill, line, text) in states {
            widget.bg_fill = fill;
            widget.weak_bg_fill = fill;
            widget.bg_stroke = Stroke::new(1.0, line);
            widget.fg_stroke = Stroke::new(1.0, text);
            widget.corner_radius = radius;
            widget.expansion = 0.0;
        }
        style
    }
}

/// The themes for light and dark.
#[derive(Debug, Clone)]
pub(crate) struct Themes {
    light: Theme,
    dark: Theme,
}

impl Themes {
    /// Makes both and gives them to egui.
    pub(crate) fn install(ctx: &egui::Context, high_contrast: bool) -> Self {
        let theme = |dark| {
            Theme::new(Variant {
                dark,
                high_contrast,
            })
        };
        let themes = Self {
            light: theme(false),
            dark: theme(true),
        };
        ctx.set_style_of(Scheme::Light, themes.light.style(false));
        ctx.set_style_of(Scheme::Dark, themes.dark.style(true));
        themes
    }

    /// The one that is shown.
    pub(crate) fn current(&self, ctx: &egui::Context) -> &Theme {
        match ctx.theme() {
            Scheme::Light => &self.light,
            Scheme::Dark => &self.dark,
        }
    }
}

/// The system's font for screens.
pub(crate) fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Its weight of 600.
pub(crate) fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(fonts::SEMIBOLD.into()))
}

impl TextToken {
    /// The same in the weight of names and heads.
    pub(crate) fn bold(self) -> Self {
        Self {
            weight: 600,
            ..self
        }
    }

    pub(crate) fn font(self) -> FontId {
        if self.weight >= 600 {
            semibold(self.size)
        } else {
            regular(self.size)
        }
    }
}

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_every_token() {
        let variant = |dark, high_contrast| Variant {
            dark,
            high_contrast,
        };
        let [light, dark, bold, bold_dark] =
            [(false, false), (true, false), (false, true), (true, true)]
                .map(|(dark, contrast)| Theme::new(variant(dark, contrast)));
        let lightness =
            |colour: Color32| u32::from(colour.r()) + u32::from(colour.g()) + u32::from(colour.b());
        for theme in [&dark, &bold_dark] {
            assert!(lightness(theme.surface) < 150 && lightness(theme.text) > 600);
        }
        for theme in [&light, &bold] {
            assert!(lightness(theme.surface) > 700 && lightness(theme.text) < 150);
        }
        assert!(
            lightness(bold_dark.text) > lightness(dark.text),
            "contrast is raised"
        );
        assert!(
            lightness(bold.text) < lightness(light.text),
            "contrast is raised"
        );
        assert_eq!(
            (light.body.size, light.body.line_height, light.body.weight),
            (15.0, 22.0, 400)
        );
        assert_eq!(light.title.weight, 600);
        assert_eq!(light.radius, 6.0);
    }
}
