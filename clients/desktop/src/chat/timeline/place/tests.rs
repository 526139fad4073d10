use super::*;

fn keys(events: std::ops::RangeInclusive<u64>) -> Vec<RowKey> {
    events.map(RowKey::event).collect()
}

/// Rows of 20, 40 or 60 points, by their key.
fn height(key: RowKey) -> f32 {
    20.0 * (key.at % 3 + 1) as f32
}

fn arrange(keys: &[RowKey], position: Position, view: f32) -> Arranged {
    Arranged::new(keys, position, view, |index| height(keys[index]))
}

/// Where a row's top is.
fn top(arranged: &Arranged, at: u64) -> f32 {
    let row = arranged
        .rows
        .iter()
        .find(|row| row.key == RowKey::event(at));
    row.unwrap().top
}

#[test]
fn rows_stand_below_each_other_without_holes() {
    let keys = keys(1..=1000);
    let held = Position::Bottom {
        row: RowKey::event(500),
        y: 123.0,
    };
    let arranged = arrange(&keys, held, 700.0);
    for pair in arranged.rows.windows(2) {
        assert_eq!(pair[0].bottom(), pair[1].top);
        assert_eq!(pair[0].index + 1, pair[1].index);
    }
    let (first, last) = (arranged.rows[0], arranged.rows[arranged.rows.len() - 1]);
    assert!(first.top <= -AHEAD && last.bottom() >= 700.0 + AHEAD);
    assert_eq!(top(&arranged, 500), 123.0 - height(RowKey::event(500)));
}

#[test]
fn what_comes_at_either_end_moves_nothing() {
    let before = arrange(
        &keys(300..=700),
        Position::Bottom {
            row: RowKey::event(500),
            y: 123.0,
        },
        700.0,
    );
    let position = before.position(700.0);
    let after = arrange(&keys(1..=2000), position, 700.0);
    for at in 495..510 {
        assert_eq!(top(&before, at), top(&after, at));
    }
}

#[test]
fn what_is_held_is_a_message_that_is_wholly_in_sight() {
    let mut with_day = keys(499..=700);
    with_day.insert(1, RowKey::day(500));
    let held = Position::Bottom {
        row: RowKey::day(500),
        y: 10.0,
    };
    let before = arrange(&with_day, held, 700.0);
    let position = before.position(700.0);
    assert_eq!(position.row(), Some(RowKey::event(500)));
    // Its day has begun before, which an older page shows.
    let after = arrange(&keys(1..=700), position, 700.0);
    for at in 500..510 {
        assert_eq!(top(&before, at), top(&after, at));
    }
}

#[test]
fn it_follows_the_end_only_from_there() {
    let at_end = arrange(&keys(1..=100), Position::End, 700.0);
    assert_eq!(at_end.below, Some(0.0));
    assert_eq!(at_end.position(700.0), Position::End);
    let last = at_end.rows[at_end.rows.len() - 1];
    assert_eq!(last.bottom(), 700.0 - BOTTOM);
    let above = Position::Bottom {
        row: RowKey::event(100),
        y: last.bottom() + 30.0,
    };
    let above = arrange(&keys(1..=100), above, 700.0);
    assert_eq!(above.below, Some(30.0));
    assert_ne!(above.position(700.0), Position::End);
}

#[test]
fn it_goes_no_further_than_its_ends() {
    let keys = keys(1..=100);
    let far = |row, y| {
        let row = RowKey::event(row);
        arrange(&keys, Position::Bottom { row, y }, 700.0)
    };
    let up = far(50, 90_000.0);
    assert_eq!((up.rows[0].index, up.rows[0].top), (0, TOP));
    let down = far(50, -90_000.0);
    assert_eq!(down.below, Some(0.0));
    assert_eq!(down.position(700.0), Position::End);
}

#[test]
fn what_does_not_fill_it_stands_at_its_bottom() {
    let keys = keys(1..=3);
    for row in [1, 3] {
        for y in [-500.0, 300.0, 5000.0] {
            let row = RowKey::event(row);
            let arranged = arrange(&keys, Position::Bottom { row, y }, 700.0);
            assert_eq!(arranged.rows[2].bottom(), 700.0 - BOTTOM);
        }
    }
    assert!(arrange(&[], Position::End, 700.0).rows.is_empty());
}

#[test]
fn a_row_that_is_gone_is_replaced_by_the_next() {
    let mut keys = keys(1..=100);
    keys.remove(49);
    let held = Position::Bottom {
        row: RowKey::event(50),
        y: 300.0,
    };
    let arranged = arrange(&keys, held, 700.0);
    assert_eq!(top(&arranged, 51), 300.0 - height(RowKey::event(51)));
}

#[test]
fn a_point_inside_of_a_row_can_be_gone_to() {
    let keys = keys(1..=100);
    let position = Position::Top {
        row: RowKey::event(50),
        fraction: 0.5,
        y: 0.0,
    };
    let arranged = arrange(&keys, position, 700.0);
    assert_eq!(top(&arranged, 50), -height(RowKey::event(50)) / 2.0);
}

#[test]
fn a_hundred_thousand_rows_cost_what_is_in_sight() {
    let keys = keys(1..=100_000);
    let mut position = Position::End;
    for frame in 0..2_000 {
        let mut asked = 0;
        let arranged = Arranged::new(&keys, position, 700.0, |index| {
            asked += 1;
            height(keys[index])
        });
        // What is in sight and ahead on both sides holds 95 rows of the smallest height.
        assert!(asked <= 200, "{asked} rows in frame {frame}");
        position = match arranged.position(700.0) {
            Position::End => Position::Bottom {
                row: RowKey::event(100_000),
                y: 900.0,
            },
            Position::Bottom { row, y } => Position::Bottom { row, y: y + 300.0 },
            other => other,
        };
    }
    assert!(position.row().unwrap().at < 90_000, "it has moved");
}
