//! Where the files of a message lie: images first, one alone or several as tiles, then a card for each of the rest.
//! It depends on nothing but the files and the width, so that nothing moves while they come.

use client::present::format::fit;
use eframe::egui::{Rect, Vec2, pos2, vec2};
use shared::FileInfo;

/// The largest place of one image, in points.
pub(super) const IMAGE_MAX: (u32, u32) = (420, 320);
pub(super) const CARD_HEIGHT: f32 = 58.0;
pub(super) const CARD_WIDTH_MAX: f32 = 540.0;
const GAP: f32 = 4.0;
/// Above and below a group.
const MARGIN: f32 = 4.0;
/// What this window can show.
const SHOWN: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With its ratio.
    Image,
    /// One of several images, which fill their places.
    Tile,
    Card,
}

/// Where a file is shown, from the top left corner of all of them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Which of the files it is.
    pub(super) index: usize,
    pub(super) kind: Kind,
    pub(super) rect: Rect,
}

pub(super) fn is_image(file: &FileInfo) -> bool {
    file.image.is_some() && SHOWN.contains(&file.media_type.as_str())
}

/// The places, and the height of all of them together. `shown` says which files are images that can be shown, as
/// far as that is known.
pub(super) fn places(
    files: &[FileInfo],
    shown: impl Fn(&FileInfo) -> bool,
    width: f32,
) -> (Vec<Place>, f32) {
    let (images, others): (Vec<usize>, Vec<usize>) =
        (0..files.len()).partition(|index| shown(&files[*index]));
    let mut places = Vec::with_capacity(files.len());
    let mut bottom = 0.0;
    match *images.as_slice() {
        [] => {}
        [index] => {
            let size = image_size(&files[index], width);
            let rect = Rect::from_min_size(pos2(0.0, MARGIN), size);
            places.push(Place {
                index,
                kind: Kind::Image,
                rect,
            });
            bottom = rect.bottom() + MARGIN;
        }
        [_, _, ..] => {
            let tiles = tiles(images.len(), width.min(IMAGE_MAX.0 as f32));
            for (index, rect) in images.into_iter().zip(tiles) {
                bottom = rect.bottom() + MARGIN;
                places.push(Place {
                    index,
                    kind: Kind::Tile,
                    rect,
                });
            }
        }
    }
    for (number, index) in others.iter().enumerate() {
        bottom += if number == 0 { MARGIN } else { GAP };
        let size = vec2(width.min(CARD_WIDTH_MAX), CARD_HEIGHT);
        let rect = Rect::from_min_size(pos2(0.0, bottom), size);
        bottom = rect.bottom();
        places.push(Place {
            index: *index,
            kind: Kind::Card,
            rect,
        });
    }
    if !others.is_empty() {
        bottom += MARGIN;
    }
    (places, bottom)
}

/// At least as high as a card, which takes its place where it cannot be shown.
fn image_size(file: &FileInfo, width: f32) -> Vec2 {
    let of_file = file.image.map(|image| (image.width, image.height));
    let (w, h) = of_file.unwrap_or(IMAGE_MAX);
    let (w, h) = fit(w, h, IMAGE_MAX);
    let (w, h) = (w as f32, h as f32);
    let scale = (width / w).min(1.0);
    vec2(w * scale, (h * scale).max(CARD_HEIGHT))
}

/// Two in a row; the last one has a row for itself where it would be alone.
fn tiles(count: usize, width: f32) -> impl Iterator<Item = Rect> {
    let tile_width = (width - GAP) / 2.0;
    let size = vec2(tile_width, tile_width * 3.0 / 4.0);
    (0..count).map(move |number| {
        let (row, column) = (number / 2, number % 2);
        let min = pos2(
            column as f32 * (size.x + GAP),
            MARGIN + row as f32 * (size.y + GAP),
        );
        let alone = number + 1 == count && column == 0;
        let size = if alone {
            vec2(width, width / 2.0)
        } else {
            size
        };
        Rect::from_min_size(min, size)
    })
}

#[cfg(test)]
mod tests {
    use shared::content::{hash_chunk, merge_chunks};
    use shared::file::ImageSize;
    use shared::{ChunkLayout, FileId, FileName};

    use super::*;

    fn file(image: Option<(u32, u32)>) -> FileInfo {
        let layout = ChunkLayout::for_size(1).expect("small");
        let hash = hash_chunk(layout, 0, b"x").expect("whole");
        FileInfo {
            file_id: FileId::from_bytes([1; 16]),
            name: FileName::repaired("a"),
            size_bytes: 1,
            media_type: if image.is_some() {
                "image/png".into()
            } else {
                "text/plain".into()
            },
            content_hash: merge_chunks(layout, &[hash]).expect("whole"),
            link: String::new(),
            image: image.map(|(width, height)| ImageSize { width, height }),
        }
    }

    #[test]
    fn images_come_first_and_keep_their_ratio() {
        let files = [file(None), file(Some((840, 640))), file(None)];
        let (found, height) = places(&files, is_image, 600.0);
        let kinds: Vec<_> = found
            .iter()
            .map(|place| (place.index, place.kind))
            .collect();
        assert_eq!(kinds, [(1, Kind::Image), (0, Kind::Card), (2, Kind::Card)]);
        assert_eq!(found[0].rect.size(), vec2(420.0, 320.0));
        assert_eq!(found[1].rect.size(), vec2(540.0, 58.0));
        assert_eq!(height, 4.0 + 320.0 + 4.0 + 4.0 + 58.0 + 4.0 + 58.0 + 4.0);
        let (found, _) = places(&files, is_image, 210.0);
        assert_eq!(found[0].rect.size(), vec2(210.0, 160.0));
    }

    #[test]
    fn several_images_are_tiles_that_do_not_touch() {
        for count in 2..7 {
            let files = vec![file(Some((10_000, 1))); count];
            let (found, height) = places(&files, is_image, 300.0);
            assert!(found.iter().all(|place| place.kind == Kind::Tile));
            for (number, place) in found.iter().enumerate() {
                assert!(place.rect.right() <= 300.0 && place.rect.bottom() < height);
                for other in &found[number + 1..] {
                    assert!(!place.rect.intersects(other.rect));
                }
            }
        }
        assert_eq!(places(&[], is_image, 300.0), (Vec::new(), 0.0));
    }

    #[test]
    fn a_line_of_pixels_leaves_room_for_a_card() {
        let (found, _) = places(&[file(Some((100_000, 1)))], is_image, 500.0);
        assert_eq!(found[0].rect.size(), vec2(420.0, CARD_HEIGHT));
    }
}
