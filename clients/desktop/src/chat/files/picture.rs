//! Reads images of anybody's making: within limits, beside the thread that draws, no larger than they are shown.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};

use eframe::egui::ColorImage;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

use super::cache;

/// Pixels along a side.
const SIDE_MAX: u32 = 16_384;
/// What decoding may take up at a time.
const MEMORY_MAX_BYTES: u64 = 256 << 20;

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureError {
    /// No file is there.
    Missing,
    /// It is no image, a broken one, or too large.
    Unreadable,
}

/// An image to be read, and what becomes of it.
pub(super) struct Job {
    pub(super) path: PathBuf,
    /// In pixels; it is never enlarged.
    pub(super) size_max: (u32, u32),
    pub(super) done: Box<dyn FnOnce(Result<ColorImage, PictureError>) + Send>,
}

/// Starts the thread that reads images, the newest wish first. It ends with the sender.
pub(super) fn start() -> Sender<Job> {
    let (sender, jobs) = mpsc::channel();
    let spawned = std::thread::Builder::new()
        .name("pictures".to_owned())
        .spawn(move || work(&jobs));
    // Without a thread there are no pictures; everything else works.
    drop(spawned);
    sender
}

fn work(jobs: &Receiver<Job>) {
    let mut waiting: VecDeque<Job> = VecDeque::new();
    loop {
        if waiting.is_empty() {
            let Ok(job) = jobs.recv() else { return };
            waiting.push_back(job);
        }
        loop {
            match jobs.try_recv() {
                Ok(job) => waiting.push_back(job),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        if let Some(job) = waiting.pop_back() {
            (job.done)(load(&job.path, job.size_max));
        }
    }
}

/// Reads the first picture of the file, turned as its camera was held.
fn load(path: &Path, size_max: (u32, u32)) -> Result<ColorImage, PictureError> {
    Ok(coloured(shrunk(decoded(path)?, size_max)))
}

/// The middle of a picture as a square of this side. Blocks.
pub(super) fn square(path: &Path, side: u32) -> Result<ColorImage, PictureError> {
    let image = decoded(path)?;
    let whole = image.width().min(image.height());
    let left = (image.width() - whole) / 2;
    let top = (image.height() - whole) / 2;
    let image = image.crop_imm(left, top, whole, whole);
    Ok(coloured(shrunk(image, (side, side))))
}

fn coloured(image: DynamicImage) -> ColorImage {
    let image = image.into_rgba8();
    let size = [image.width() as usize, image.height() as usize];
    ColorImage::from_rgba_unmultiplied(size, image.as_raw())
}

fn decoded(path: &Path) -> Result<DynamicImage, PictureError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PictureError::Missing,
        _ => PictureError::Unreadable,
    })?;
    cache::touch(&file);
    let unreadable = |_| PictureError::Unreadable;
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(|_| PictureError::Unreadable)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(MEMORY_MAX_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    if decoder.total_bytes() > MEMORY_MAX_BYTES {
        return Err(PictureError::Unreadable);
    }
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn shrunk(mut image: DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    let (width, height) = (width.max(1), height.max(1));
    let larger = |image: &DynamicImage, times: u32| {
        image.width() > width.saturating_mul(times) || image.height() > height.saturating_mul(times)
    };
    // Good filters are slow on what is much larger.
    if larger(&image, 3) {
        image = image.thumbnail(width.saturating_mul(2), height.saturating_mul(2));
    }
    if larger(&image, 1) {
        image = image.resize(width, height, FilterType::Triangle);
    }
    image
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{ImageFormat, RgbImage};

    use super::*;

    #[test]
    fn images_are_read_no_larger_than_they_are_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, format) in [
            ("a.png", ImageFormat::Png),
            ("a.jpg", ImageFormat::Jpeg),
            ("a.gif", ImageFormat::Gif),
        ] {
            let path = folder.path().join(name);
            let image = RgbImage::from_pixel(400, 100, image::Rgb([200, 0, 0]));
            image.save_with_format(&path, format).expect("written");
            for (size_max, size) in [((40, 40), [40, 10]), ((300, 300), [300, 75])] {
                let read = load(&path, size_max).expect("an image");
                assert_eq!(read.size, size, "{name}");
                assert!(read.pixels[0].r() > 190);
            }
            assert_eq!(load(&path, (800, 800)).expect("an image").size, [400, 100]);
        }
    }

    #[test]
    fn a_square_is_the_middle_of_a_picture() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.png");
        let image = RgbImage::from_fn(400, 100, |x, _| {
            let middle = (150..250).contains(&x);
            image::Rgb(if middle { [200, 0, 0] } else { [0, 0, 200] })
        });
        image.save(&path).expect("written");
        let square = square(&path, 50).expect("an image");
        assert_eq!(square.size, [50, 50]);
        assert!(square.pixels.iter().all(|pixel| pixel.r() > 190));
    }

    #[test]
    fn what_cannot_be_shown_is_an_error_and_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.png");
        assert_eq!(load(&path, (9, 9)), Err(PictureError::Missing));
        let image = RgbImage::from_pixel(64, 64, image::Rgb([9, 9, 9]));
        image.save(&path).expect("written");
        let whole = fs::read(&path).expect("read");
        // A few bytes that claim to be 16 GB of pixels.
        let mut bomb = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        bomb.extend(b",\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0;");
        for bytes in [&whole[..whole.len() / 2], b"no image", b"", &bomb] {
            fs::write(&path, bytes).expect("written");
            assert_eq!(load(&path, (9, 9)), Err(PictureError::Unreadable));
        }
    }
}
