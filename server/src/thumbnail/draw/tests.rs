#![allow(clippy::unwrap_used)]

use image::codecs::gif::GifEncoder;
use image::{Frame, ImageBuffer, Rgb, Rgba, load_from_memory};

use super::*;

const RED: Rgb<u8> = Rgb([250, 10, 10]);
const BLUE: Rgb<u8> = Rgb([10, 10, 250]);
const FORMATS: [ImageFormat; 4] = [
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Gif,
    ImageFormat::WebP,
];

/// Red on the left, blue on the right.
fn flag(width: u32, height: u32) -> DynamicImage {
    let colour = |x, _| if x < width / 2 { RED } else { BLUE };
    ImageBuffer::from_fn(width, height, colour).into()
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn drawn(image: Vec<u8>) -> DynamicImage {
    load_from_memory(&draw(image, ThumbnailBox::Small).unwrap()).unwrap()
}

fn is_like(image: &DynamicImage, (x, y): (u32, u32), colour: Rgb<u8>) -> bool {
    let found = image.to_rgb8().get_pixel(x, y).0;
    (0..3).all(|channel| found[channel].abs_diff(colour.0[channel]) < 24)
}

#[test]
fn it_keeps_its_shape_and_is_never_enlarged() {
    for (from, to) in [
        ((1000, 500), (480, 240)),
        ((500, 1000), (240, 480)),
        ((480, 480), (480, 480)),
        ((481, 3), (480, 2)),
        ((3000, 1), (480, 1)),
        ((20, 30), (20, 30)),
    ] {
        let thumbnail = drawn(written(&flag(from.0, from.1), ImageFormat::Png));
        assert_eq!((thumbnail.width(), thumbnail.height()), to, "{from:?}");
    }
}

#[test]
fn every_format_is_read() {
    for format in FORMATS {
        let thumbnail = drawn(written(&flag(700, 350), format));
        assert_eq!((thumbnail.width(), thumbnail.height()), (480, 240));
        let both = is_like(&thumbnail, (5, 5), RED) && is_like(&thumbnail, (470, 230), BLUE);
        assert!(both, "{format:?}");
    }
    for bits in [written(&flag(9, 9).to_rgba16().into(), ImageFormat::Png), {
        written(&flag(9, 9).to_luma8().into(), ImageFormat::Jpeg)
    }] {
        assert_eq!(drawn(bits).width(), 9);
    }
}

/// The JPEG with an Exif segment behind its beginning: an orientation, and a text.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    let tiff = [
        &b"MM\0\x2a\0\0\0\x08\0\x01"[..],
        &entry,
        &[0; 4],
        b"a secret place",
    ]
    .concat();
    let exif = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn it_is_upright_and_says_nothing_else() {
    let jpeg = written(&flag(600, 300), ImageFormat::Jpeg);
    let as_it_was = drawn(with_exif(&jpeg, 1));
    assert_eq!((as_it_was.width(), as_it_was.height()), (480, 240));
    let turned = with_exif(&jpeg, 6);
    assert!(turned.windows(6).any(|window| window == b"secret"));
    let bytes = draw(turned.clone(), ThumbnailBox::Small).unwrap();
    for word in [&b"Exif"[..], b"secret"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word));
    }
    let upright = load_from_memory(&bytes).unwrap();
    assert_eq!((upright.width(), upright.height()), (240, 480));
    assert!(is_like(&upright, (120, 10), RED) && is_like(&upright, (120, 470), BLUE));
}

#[test]
fn only_a_profile_for_its_pixels_is_kept() {
    let profile = |space: &[u8], len| {
        let mut profile = vec![7; len];
        profile[16..20].copy_from_slice(space);
        profile
    };
    for (profile, is_kept) in [
        (profile(b"RGB ", 500), true),
        (profile(b"CMYK", 500), false),
        (profile(b"RGB ", PROFILE_BYTES_MAX + 1), false),
        (vec![7; 10], false),
    ] {
        let mut out = Vec::new();
        let mut encoder = JpegEncoder::new(&mut out);
        encoder.set_icc_profile(profile.clone()).unwrap();
        flag(500, 9).write_with_encoder(encoder).unwrap();
        let thumbnail = draw(out, ThumbnailBox::Small).unwrap();
        let found = JpegDecoder::new(Cursor::new(thumbnail))
            .unwrap()
            .icc_profile();
        assert_eq!(found.unwrap(), is_kept.then_some(profile));
    }
}

#[test]
fn what_is_transparent_stays_so_and_colours_nothing() {
    let colour = |x, _| match x {
        0..501 => Rgba([0, 0, 0, 0]),
        _ => Rgba([255, 255, 255, 255]),
    };
    let logo: RgbaImage = ImageBuffer::from_fn(1000, 100, colour);
    let thumbnail = drawn(written(&logo.into(), ImageFormat::Png)).to_rgba8();
    assert_eq!(thumbnail.get_pixel(5, 5).0[3], 0);
    assert_eq!(thumbnail.get_pixel(470, 5).0, [255; 4]);
    let is_edge = |pixel: &&Rgba<u8>| pixel.0[3] > 20 && pixel.0[3] < 255;
    let edges: Vec<_> = thumbnail.pixels().filter(is_edge).collect();
    assert!(!edges.is_empty());
    assert!(edges.iter().all(|edge| edge.0[0] > 240), "{:?}", edges[0]);
    let opaque = flag(500, 500).to_rgba8().into();
    let bytes = draw(written(&opaque, ImageFormat::Png), ThumbnailBox::Small).unwrap();
    assert_eq!(guess_format(&bytes).unwrap(), ImageFormat::Jpeg);
}

#[test]
fn what_moves_is_left_as_it_is() {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for _ in 0..2 {
        encoder
            .encode_frame(Frame::new(flag(8, 8).to_rgba8()))
            .unwrap();
    }
    drop(encoder);
    let refused = draw(gif, ThumbnailBox::Small);
    assert!(matches!(refused, Err(DrawError::Animated)));
    // An animation's header: two frames, without end.
    let png = written(&flag(8, 8), ImageFormat::Png);
    let control = b"\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\xf3\x8d\x93\x70";
    let moving = [&png[..33], control, &png[33..]].concat();
    let refused = draw(moving, ThumbnailBox::Small);
    assert!(matches!(refused, Err(DrawError::Animated)), "{refused:?}");
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let big = 50_000_u32.to_be_bytes();
    let mut png = written(&flag(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&big);
    png[20..24].copy_from_slice(&big);
    // The sum of the changed header.
    png[29..33].copy_from_slice(&[0xc4, 0xcd, 0xaa, 0x9d]);
    let mut gif = written(&flag(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut jpeg = written(&flag(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|it| it == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0x00, 0xff, 0x00]);
    for bomb in [png, gif, jpeg] {
        let refused = draw(bomb, ThumbnailBox::Small);
        assert!(
            matches!(refused, Err(DrawError::TooLarge { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn damaged_bytes_are_refused_or_drawn_and_nothing_else() {
    let mut random = fastrand::Rng::with_seed(7);
    for format in FORMATS {
        let whole = written(&flag(40, 30), format);
        for len in (0..whole.len()).step_by(5) {
            let _ = draw(whole[..len].to_vec(), ThumbnailBox::Small);
        }
        for _ in 0..60 {
            let mut damaged = whole.clone();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..damaged.len());
                damaged[at] = random.u8(..);
            }
            let _ = draw(damaged, ThumbnailBox::Small);
        }
    }
    for nothing in [&b""[..], b"no image", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"] {
        assert!(draw(nothing.to_vec(), ThumbnailBox::Small).is_err());
    }
}
