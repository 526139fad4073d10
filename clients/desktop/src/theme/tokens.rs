//! The tokens of the visual language, read from the style sheet that the page uses too.

use std::collections::HashMap;

use eframe::egui::{Color32, Shadow};

/// The page's own file; a token that is missing or malformed fails a test here.
const SHEET: &str = include_str!("../../../../frontend/styles/tokens.css");

/// A length that is the same in every variant, in points. Only at compile time, where a missing one is an error.
pub(super) const fn length(name: &str) -> f32 {
    let (sheet, name) = (SHEET.as_bytes(), name.as_bytes());
    let mut at = 0;
    while at < sheet.len() {
        let mut matched = 0;
        while matched < name.len() && sheet[at + matched] == name[matched] {
            matched += 1;
        }
        let after = at + matched;
        if matched == name.len() && sheet[after] == b':' && sheet[after + 1] == b' ' {
            return whole_pixels(sheet, after + 2);
        }
        at += 1;
    }
    panic!("the style sheet has no such token");
}

const fn whole_pixels(sheet: &[u8], mut at: usize) -> f32 {
    let mut pixels = 0;
    while sheet[at].is_ascii_digit() {
        pixels = pixels * 10 + (sheet[at] - b'0') as u16;
        at += 1;
    }
    assert!(sheet[at] == b'p', "the token is a length in whole pixels");
    pixels as f32
}

/// Which of the variants of the tokens is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    pub(crate) dark: bool,
    pub(crate) high_contrast: bool,
}

/// A text style: size and line height in points, weight as in CSS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TextToken {
    pub(crate) size: f32,
    pub(crate) line_height: f32,
    pub(crate) weight: u16,
}

/// The tokens of one variant, by their names without `--`.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    values: HashMap<&'static str, &'static str>,
}

impl Tokens {
    pub(crate) fn of(variant: Variant) -> Self {
        let mut values = HashMap::new();
        for rule in rules(SHEET) {
            let applies = rule.conditions.iter().all(|condition| match *condition {
                "(prefers-color-scheme: dark)" => variant.dark,
                "(prefers-contrast: more)" => variant.high_contrast,
                // A pointer that is a finger: no desktop's.
                _ => false,
            });
            if applies && rule.selector == ":root" {
                values.extend(rule.declarations);
            }
        }
        Self { values }
    }

    fn value(&self, name: &str) -> &'static str {
        let value = self.values.get(name);
        value.unwrap_or_else(|| panic!("the style sheet has the token --{name}"))
    }

    pub(crate) fn colour(&self, name: &str) -> Color32 {
        parse_colour(self.value(name)).unwrap_or_else(|| panic!("the token --{name} is a colour"))
    }

    /// In points.
    pub(crate) fn length(&self, name: &str) -> f32 {
        pixels(self.value(name)).unwrap_or_else(|| panic!("the token --{name} is a length"))
    }

    pub(crate) fn text(&self, name: &str) -> TextToken {
        parse_text(self.value(name)).unwrap_or_else(|| panic!("the token --{name} is a text style"))
    }

    /// The widest one of several.
    pub(crate) fn shadow(&self, name: &str) -> Shadow {
        parse_shadow(self.value(name)).unwrap_or_else(|| panic!("the token --{name} is a shadow"))
    }

    /// In seconds.
    pub(crate) fn duration(&self, name: &str) -> f32 {
        let word = self.value(name).split_whitespace().next();
        let ms = word.and_then(|word| word.strip_suffix("ms")?.parse::<f32>().ok());
        ms.unwrap_or_else(|| panic!("the token --{name} is a duration")) / 1000.0
    }

    /// The colour of a hue, in degrees, at the lightness and chroma that the token holds.
    pub(crate) fn hued(&self, name: &str, degrees: f32) -> Color32 {
        parse_colour(&format!("oklch({} {degrees})", self.value(name)))
            .unwrap_or_else(|| panic!("the token --{name} is a lightness and a chroma"))
    }
}

/// A block of declarations, and every `@media` that it lies in.
struct Rule {
    conditions: Vec<&'static str>,
    selector: &'static str,
    declarations: Vec<(&'static str, &'static str)>,
}

/// Reads as much of CSS as the style sheet uses: `:root` blocks of custom properties, some inside of one `@media`.
fn rules(sheet: &'static str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut conditions = Vec::new();
    let mut rest = sheet;
    while let Some(at) = rest.find(['{', '}']) {
        let head = uncommented(&rest[..at]);
        let opens = rest.as_bytes()[at] == b'{';
        rest = &rest[at + 1..];
        if !opens {
            conditions.clear();
        } else if let Some(media) = head.strip_prefix("@media") {
            conditions = media.trim().split(" and ").map(str::trim).collect();
        } else {
            let end = rest.find('}').unwrap_or(rest.len());
            let declarations = rest[..end].split(';').filter_map(|declaration| {
                let (name, value) = uncommented(declaration).split_once(':')?;
                Some((name.trim().strip_prefix("--")?, value.trim()))
            });
            rules.push(Rule {
                conditions: conditions.clone(),
                selector: head,
                declarations: declarations.collect(),
            });
            rest = rest.get(end + 1..).unwrap_or("");
        }
    }
    rules
}

/// What follows the last comment.
fn uncommented(text: &'static str) -> &'static str {
    text.rsplit_once("*/").map_or(text, |(_, rest)| rest).trim()
}

fn parse_colour(text: &str) -> Option<Color32> {
    let [r, g, b, a] = csscolorparser::parse(text).ok()?.to_rgba8();
    Some(Color32::from_rgba_unmultiplied(r, g, b, a))
}

fn pixels(text: &str) -> Option<f32> {
    text.strip_suffix("px")?.parse().ok()
}

/// `0 1px 2px COLOUR, 0 8px 28px COLOUR`, of which the last counts.
fn parse_shadow(text: &str) -> Option<Shadow> {
    let last = text.rsplit(", ").next()?;
    let (lengths, colour) = last.split_at(last.find("oklch")?);
    let mut lengths = lengths.split_whitespace().map(|word| match word {
        "0" => Some(0.0),
        word => pixels(word),
    });
    let mut next = || lengths.next().flatten();
    Some(Shadow {
        offset: [next()? as i8, next()? as i8],
        blur: next()? as u8,
        spread: 0,
        color: parse_colour(colour)?,
    })
}

/// `600 20px/28px var(--font)`; without a weight it is 400.
fn parse_text(text: &str) -> Option<TextToken> {
    let mut words = text.split_whitespace();
    let mut word = words.next()?;
    let mut weight = 400;
    if let Ok(number) = word.parse() {
        weight = number;
        word = words.next()?;
    }
    let (size, line_height) = word.split_once('/')?;
    Some(TextToken {
        size: pixels(size)?,
        line_height: pixels(line_height)?,
        weight,
    })
}
