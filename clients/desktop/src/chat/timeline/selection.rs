//! Selected text: from one point to another, over any number of messages, whether they are in sight or not.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::text::CCursor;
use eframe::egui::text_selection::text_cursor_state::is_word_char;
use eframe::egui::{self, Galley, Pos2, Rect, Response, Ui};

use super::place::RowKey;

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) row: RowKey,
    /// Which of the row's texts.
    pub(super) text: usize,
    /// Characters before it.
    pub(super) at: usize,
}

/// A text that is on the screen.
pub(super) struct Shown {
    pub(super) row: RowKey,
    pub(super) text: usize,
    pub(super) rect: Rect,
    pub(super) galley: Arc<Galley>,
}

#[derive(Default)]
pub(super) struct Selection {
    /// Where it was begun, and where the pointer went.
    ends: Option<(Point, Point)>,
}

impl Selection {
    /// The first and the last point, where there is something between them.
    pub(super) fn ends(&self) -> Option<(Point, Point)> {
        let (from, to) = self.ends.filter(|(from, to)| from != to)?;
        Some((from.min(to), from.max(to)))
    }

    /// Which characters of a text are selected.
    pub(super) fn of(&self, row: RowKey, text: usize, chars: usize) -> Option<Range<usize>> {
        let (first, last) = self.ends()?;
        let here = (row, text);
        if here < (first.row, first.text) || here > (last.row, last.text) {
            return None;
        }
        let from = match here == (first.row, first.text) {
            true => first.at.min(chars),
            false => 0,
        };
        let to = match here == (last.row, last.text) {
            true => last.at.min(chars),
            false => chars,
        };
        (from < to).then_some(from..to)
    }

    /// Follows the pointer over the texts of the list, from top to bottom.
    pub(super) fn follow(&mut self, ui: &Ui, list: &Response, shown: &[Shown]) {
        let before = self.ends;
        let (pressed, shift, pointer) = ui.input(|input| {
            (
                input.pointer.primary_pressed(),
                input.modifiers.shift,
                input.pointer.interact_pos(),
            )
        });
        if pressed && !list.contains_pointer() {
            self.ends = None;
        }
        let Some((shown, point)) = pointer.and_then(|pointer| nearest(shown, pointer)) else {
            return;
        };
        if pressed && list.contains_pointer() {
            let from = self.ends.filter(|_| shift).map_or(point, |(from, _)| from);
            self.ends = Some((from, point));
        } else if list.triple_clicked() {
            let whole = 0..shown.galley.text().chars().count();
            self.ends = Some(between(point, whole));
        } else if list.double_clicked() {
            self.ends = Some(between(point, word(shown.galley.text(), point.at)));
        } else if list.dragged_by(egui::PointerButton::Primary)
            && let Some((_, to)) = &mut self.ends
        {
            *to = point;
        }
        if self.ends != before {
            ui.ctx().request_repaint();
        }
    }
}

fn between(point: Point, chars: Range<usize>) -> (Point, Point) {
    let at = |at| Point { at, ..point };
    (at(chars.start), at(chars.end))
}

/// The point that is nearest to the pointer, above all by height.
fn nearest(shown: &[Shown], pointer: Pos2) -> Option<(&Shown, Point)> {
    let distance = |shown: &&Shown| {
        let y = shown.rect.y_range();
        (y.min - pointer.y).max(pointer.y - y.max).max(0.0)
    };
    let nearest = shown
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let CCursor { index, .. } = nearest.galley.cursor_from_pos(pointer - nearest.rect.min);
    let point = Point {
        row: nearest.row,
        text: nearest.text,
        at: index.0,
    };
    Some((nearest, point))
}

/// The word around a place.
fn word(text: &str, at: usize) -> Range<usize> {
    let letters: Vec<char> = text.chars().collect();
    let at = at.min(letters.len());
    let before = letters[..at].iter().rev();
    let after = letters[at..].iter();
    let count = |letters: &mut dyn Iterator<Item = &char>| {
        letters.take_while(|letter| is_word_char(**letter)).count()
    };
    at - count(&mut before.into_iter())..at + count(&mut after.into_iter())
}

/// The part of a text.
pub(super) fn slice(text: &str, chars: Range<usize>) -> String {
    text.chars().skip(chars.start).take(chars.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: u64, text: usize, chars: usize) -> Point {
        Point {
            row: RowKey::event(at),
            text,
            at: chars,
        }
    }

    #[test]
    fn it_goes_from_one_message_over_others_into_another() {
        // Begun below, so backwards.
        let selection = Selection {
            ends: Some((point(7, 0, 2), point(3, 1, 4))),
        };
        let of = |at, text| selection.of(RowKey::event(at), text, 10);
        assert_eq!(of(3, 0), None);
        assert_eq!(of(3, 1), Some(4..10));
        assert_eq!(of(5, 0), Some(0..10));
        assert_eq!(of(7, 0), Some(0..2));
        assert_eq!(of(7, 1), None);
        assert_eq!(of(8, 0), None);
    }

    #[test]
    fn a_click_selects_nothing_and_a_double_click_a_word() {
        let selection = Selection {
            ends: Some((point(3, 0, 4), point(3, 0, 4))),
        };
        assert_eq!(selection.ends(), None);
        assert_eq!(word("see übung_1, then", 6), 4..11);
        assert_eq!(word("see  it", 4), 4..4);
        assert_eq!(word("", 9), 0..0);
        assert_eq!(slice("see übung_1", 4..6), "üb");
    }
}
