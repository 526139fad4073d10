//! Where rows stand. Nothing knows how high all of them are together: the list follows its end, or holds one row at
//! its place, and the others are laid out from there until what is in sight is full.

/// Above the first row, and below the last, in points.
const TOP: f32 = 16.0;
const BOTTOM: f32 = 4.0;
/// Rows are laid out this far out of sight, so that what is missing there is asked for in time.
const AHEAD: f32 = 600.0;

/// Which row it is, in the order of the list: by the sequence that it belongs to, and its place among those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowKey {
    pub(super) at: u64,
    part: u32,
}

impl RowKey {
    // The parts of a sequence, in their order.
    const GAP: u32 = 0;
    const DAY: u32 = 1;
    const UNREAD: u32 = 2;
    const EVENT: u32 = 3;
    /// No event has a sequence this high.
    const UNSENT: u64 = u64::MAX;

    /// Before all events.
    pub(super) const FIRST: Self = Self {
        at: 0,
        part: Self::GAP,
    };

    /// What is missing before an event.
    pub(super) fn gap(before: u64) -> Self {
        Self {
            at: before,
            part: Self::GAP,
        }
    }

    /// The day that begins with an event.
    pub(super) fn day(sequence: u64) -> Self {
        Self {
            at: sequence,
            part: Self::DAY,
        }
    }

    /// The line before an unread message.
    pub(super) fn unread(sequence: u64) -> Self {
        Self {
            at: sequence,
            part: Self::UNREAD,
        }
    }

    pub(super) fn event(sequence: u64) -> Self {
        Self {
            at: sequence,
            part: Self::EVENT,
        }
    }

    /// The `index`th unsent message.
    pub(super) fn unsent(index: u32) -> Self {
        Self {
            at: Self::UNSENT,
            part: index * 2 + 1,
        }
    }

    /// The day of the `index`th unsent message.
    pub(super) fn unsent_day(index: u32) -> Self {
        Self {
            at: Self::UNSENT,
            part: index * 2,
        }
    }

    /// Whether it will be there as long as the list is.
    fn lasts(self) -> bool {
        self.part == Self::EVENT && self.at != Self::UNSENT
    }

    pub(super) fn sequence(self) -> Option<u64> {
        (self.at != Self::UNSENT).then_some(self.at)
    }
}

/// What stays where it is while everything else changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Position {
    /// The end of the list.
    End,
    /// A row's bottom, in points from the top of what is in sight: what changes in a row is above its text.
    Bottom { row: RowKey, y: f32 },
    /// A row's top, or a point this fraction of its height below it.
    Top { row: RowKey, fraction: f32, y: f32 },
}

impl Position {
    pub(super) fn row(self) -> Option<RowKey> {
        match self {
            Self::End => None,
            Self::Bottom { row, .. } | Self::Top { row, .. } => Some(row),
        }
    }
}

/// A row's place, in points from the top of what is in sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    pub(super) key: RowKey,
    pub(super) index: usize,
    pub(super) top: f32,
    pub(super) height: f32,
}

impl Placed {
    pub(super) fn bottom(self) -> f32 {
        self.top + self.height
    }
}

/// The rows around what is in sight.
#[derive(Debug, Default)]
pub(super) struct Arranged {
    pub(super) rows: Vec<Placed>,
    /// How much of the list is below what is in sight; `None` where its end is far away.
    pub(super) below: Option<f32>,
}

impl Arranged {
    /// Lays out `keys`, of which each row's height is asked for only where it is needed.
    pub(super) fn new(
        keys: &[RowKey],
        position: Position,
        view: f32,
        mut height: impl FnMut(usize) -> f32,
    ) -> Self {
        let Some(last) = keys.len().checked_sub(1) else {
            return Self {
                rows: Vec::new(),
                below: Some(0.0),
            };
        };
        let index = |row| keys.partition_point(|key| *key < row).min(last);
        let mut rows = match position {
            Position::End => fill(keys, last, view - BOTTOM, view, &mut height),
            Position::Bottom { row, y } => fill(keys, index(row), y, view, &mut height),
            Position::Top { row, fraction, y } => {
                let row = index(row);
                let bottom = y + height(row) * (1.0 - fraction);
                fill(keys, row, bottom, view, &mut height)
            }
        };
        // Nothing is above the first row, and nothing below the last, which matters more.
        if let Some(first) = rows.first().filter(|row| row.index == 0 && row.top > TOP) {
            rows = fill(keys, 0, TOP + first.height, view, &mut height);
        }
        if let Some(end) = rows.last()
            && end.index == last
            && end.bottom() < view - BOTTOM
        {
            rows = fill(keys, last, view - BOTTOM, view, &mut height);
        }
        let end = rows.last().filter(|row| row.index == last);
        Self {
            below: end.map(|row| (row.bottom() + BOTTOM - view).max(0.0)),
            rows,
        }
    }

    /// What to hold so that what is being read does not move.
    pub(super) fn position(&self, view: f32) -> Position {
        if self.below.is_some_and(|below| below < 0.5) {
            return Position::End;
        }
        let lasting = || self.in_sight(view).filter(|row| row.key.lasts());
        let held = lasting()
            .find(|row| row.top >= 0.0)
            .or_else(|| lasting().next())
            .or_else(|| self.in_sight(view).next());
        match held {
            Some(placed) => Position::Bottom {
                row: placed.key,
                y: placed.bottom(),
            },
            None => Position::End,
        }
    }

    /// The rows of which something is in sight.
    pub(super) fn in_sight(&self, view: f32) -> impl DoubleEndedIterator<Item = Placed> {
        let rows = self.rows.iter().copied();
        rows.filter(move |row| row.bottom() > 0.0 && row.top < view)
    }
}

/// The rows around the one whose bottom is at `bottom`, as far as they are in sight or nearly so.
fn fill(
    keys: &[RowKey],
    index: usize,
    bottom: f32,
    view: f32,
    height: &mut impl FnMut(usize) -> f32,
) -> Vec<Placed> {
    let last = keys.len() - 1;
    let placed = |index: usize, top, height| Placed {
        key: keys[index],
        index,
        top,
        height,
    };
    let mut above = Vec::new();
    let mut edge = bottom;
    let mut next = Some(index);
    while let Some(index) = next.filter(|_| edge > -AHEAD) {
        let height = height(index);
        edge -= height;
        // From far below, only what may be seen is kept, and the end of the list, which has its place.
        if edge < view + AHEAD || index == 0 {
            above.push(placed(index, edge, height));
        }
        next = index.checked_sub(1);
    }
    above.reverse();
    let mut rows = above;
    let mut edge = bottom;
    for index in index + 1..=last {
        if edge >= view + AHEAD {
            break;
        }
        let height = height(index);
        if edge + height > -AHEAD || index == last {
            rows.push(placed(index, edge, height));
        }
        edge += height;
    }
    rows
}

#[cfg(test)]
mod tests;
