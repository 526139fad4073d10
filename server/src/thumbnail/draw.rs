//! From the bytes of an image to those of a thumbnail: upright, without anything that its file says besides the picture.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{CompressionType, FilterType, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType as Resampling;
use image::metadata::Orientation;
use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat,
    Limits, RgbaImage, guess_format,
};
use shared::http::ThumbnailBox;

/// What a camera of 50 megapixels takes; each may need eight bytes.
pub(super) const PIXELS_MAX: u64 = 48 << 20;
/// No format and no camera needs more, and it keeps products small.
const EDGE_MAX: u32 = 1 << 16;
/// What decoders may take besides what they are given, as far as they keep count.
const DECODER_BYTES_MAX: u64 = 8 * PIXELS_MAX;
/// Of 100. Less shows, more costs.
const JPEG_QUALITY: u8 = 82;
/// Larger ones than any camera's are not copied into each thumbnail.
const PROFILE_BYTES_MAX: usize = 8 * 1024;

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub(super) enum DrawError {
    #[error("it moves")]
    Animated,
    #[error("it has {width}×{height} pixels")]
    TooLarge { width: u32, height: u32 },
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// A picture, and the colours that its numbers mean where they are not sRGB.
struct Picture {
    image: DynamicImage,
    profile: Option<Vec<u8>>,
}

/// A JPEG, or a PNG where something is transparent. Never larger in pixels than the image.
pub(super) fn draw(image: Vec<u8>, fits: ThumbnailBox) -> Result<Vec<u8>, DrawError> {
    let format = guess_format(&image)?;
    let input = Cursor::new(image);
    let limits = limits();
    let picture = match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(input, limits)?;
            if decoder.is_apng()? {
                return Err(DrawError::Animated);
            }
            decode(decoder, fits)?
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(input)?;
            if decoder.has_animation() {
                return Err(DrawError::Animated);
            }
            decode(decoder, fits)?
        }
        ImageFormat::Gif => decode_still(GifDecoder::new(input)?, fits)?,
        _ => decode(JpegDecoder::new(input)?, fits)?,
    };
    encode(picture)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(EDGE_MAX);
    limits.max_image_height = Some(EDGE_MAX);
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    limits
}

/// Refuses an image by what its header says, before anything is made for it.
fn require_size(decoder: &impl ImageDecoder) -> Result<(), DrawError> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(DrawError::TooLarge { width, height });
    }
    Ok(())
}

fn decode(mut decoder: impl ImageDecoder, fits: ThumbnailBox) -> Result<Picture, DrawError> {
    require_size(&decoder)?;
    decoder.set_limits(limits())?;
    // What cannot be read of these is no reason to show nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|it| is_rgb(it));
    let mut image = scale(DynamicImage::from_decoder(decoder)?, fits);
    image.apply_orientation(orientation);
    Ok(Picture { image, profile })
}

/// The only frame.
fn decode_still(
    mut decoder: GifDecoder<Cursor<Vec<u8>>>,
    fits: ThumbnailBox,
) -> Result<Picture, DrawError> {
    require_size(&decoder)?;
    decoder.set_limits(limits())?;
    let mut frames = decoder.into_frames();
    let Some(first) = frames.next().transpose()? else {
        let empty = image::error::DecodingError::from_format_hint(ImageFormat::Gif.into());
        return Err(ImageError::Decoding(empty).into());
    };
    if frames.next().is_some() {
        return Err(DrawError::Animated);
    }
    let image = DynamicImage::ImageRgba8(first.into_buffer());
    Ok(Picture {
        image: scale(image, fits),
        profile: None,
    })
}

/// Whether the profile is for the pixels that it will describe (ICC.1, 7.2: the colour space is at 16), and small.
fn is_rgb(profile: &[u8]) -> bool {
    profile.len() <= PROFILE_BYTES_MAX && profile.get(16..20) == Some(b"RGB ")
}

/// Eight bits a channel, with transparency or without.
fn scale(image: DynamicImage, fits: ThumbnailBox) -> DynamicImage {
    let (width, height) = size(image.width(), image.height(), fits.pixels());
    if !image.color().has_alpha() {
        return reduce(image, width, height).into_rgb8().into();
    }
    // What is transparent must not lend its colour to what is beside it.
    let mut image = image.into_rgba8();
    multiply(&mut image);
    let mut image = reduce(image.into(), width, height).into_rgba8();
    divide(&mut image);
    if image.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        return DynamicImage::from(image).into_rgb8().into();
    }
    image.into()
}

/// First roughly to twice the size, which costs little for each pixel, then well.
fn reduce(image: DynamicImage, width: u32, height: u32) -> DynamicImage {
    if (image.width(), image.height()) == (width, height) {
        return image;
    }
    let image = match (width * 2, height * 2) {
        (double, _) if double >= image.width() => image,
        (double_width, double_height) => image.thumbnail_exact(double_width, double_height),
    };
    image.resize_exact(width, height, Resampling::Triangle)
}

/// The largest size of the same shape within the box and the image, at least one pixel each way.
fn size(width: u32, height: u32, edge: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= edge {
        return (width, height);
    }
    let scaled = |length: u32| {
        let scaled = u64::from(length) * u64::from(edge) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(edge).max(1)
    };
    (scaled(width), scaled(height))
}

fn multiply(image: &mut RgbaImage) {
    for pixel in image.pixels_mut() {
        let [red, green, blue, alpha] = &mut pixel.0;
        for channel in [red, green, blue] {
            *channel = (u16::from(*channel) * u16::from(*alpha) / 255) as u8;
        }
    }
}

fn divide(image: &mut RgbaImage) {
    for pixel in image.pixels_mut() {
        let [red, green, blue, alpha] = &mut pixel.0;
        for channel in [red, green, blue] {
            let whole = u16::from(*channel) * 255 / u16::from(*alpha).max(1);
            *channel = whole.min(255) as u8;
        }
    }
}

fn encode(picture: Picture) -> Result<Vec<u8>, DrawError> {
    let mut out = Vec::new();
    if picture.image.color().has_alpha() {
        let encoder =
            PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
        write(encoder, picture)?;
    } else {
        write(
            JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY),
            picture,
        )?;
    }
    Ok(out)
}

fn write(mut encoder: impl ImageEncoder, picture: Picture) -> Result<(), DrawError> {
    if let Some(profile) = picture.profile {
        // Both formats have a place for it.
        let _ = encoder.set_icc_profile(profile);
    }
    Ok(picture.image.write_with_encoder(encoder)?)
}

#[cfg(test)]
mod tests;
