//! Images from the clipboard, which lie in no file: they are kept in the profile until they are uploaded, so that
//! the upload goes on after a restart.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::ColorImage;
use image::ExtendedColorType;
use image::ImageEncoder as _;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use jiff::ZonedDateTime;
use native::source::place_of;
use shared::UploadId;

/// Several images within one second.
const ATTEMPTS_MAX: u32 = 100;

pub(super) struct PastedImages {
    folder: PathBuf,
    /// What each upload reads.
    files: HashMap<UploadId, PathBuf>,
}

impl PastedImages {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            files: HashMap::new(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// An upload reads this; whether it is one of ours is found out here.
    pub(super) fn reads(&mut self, upload_id: UploadId, source: &str) {
        let place = place_of(source).filter(|place| place.starts_with(&self.folder));
        if let Some(place) = place {
            self.files.insert(upload_id, place.to_owned());
        }
    }

    /// Nobody reads it any more.
    pub(super) fn ended(&mut self, upload_id: UploadId) {
        if let Some(path) = self.files.remove(&upload_id) {
            // It is only too much, where it cannot be removed.
            let _ = fs::remove_file(path);
        }
    }
}

/// Writes the image under a name that says when it was pasted. Blocks.
pub(super) fn write(folder: &Path, image: &ColorImage, now: &ZonedDateTime) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let (path, mut file) = create(folder, now)?;
    let [width, height] = image.size.map(|side| side as u32);
    let mut bytes = Vec::new();
    // Screenshots: a little more compression takes many times as long.
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(&pixels(image), width, height, ExtendedColorType::Rgba8)
        .map_err(io::Error::other)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    Ok(path)
}

fn pixels(image: &ColorImage) -> Vec<u8> {
    let pixels = image.pixels.iter();
    pixels
        .flat_map(|pixel| pixel.to_srgba_unmultiplied())
        .collect()
}

fn create(folder: &Path, now: &ZonedDateTime) -> io::Result<(PathBuf, File)> {
    // No colons: they are not for names on every system.
    let stem = format!("Pasted image {}", now.strftime("%Y-%m-%d %H.%M.%S"));
    for attempt in 1..ATTEMPTS_MAX {
        let name = match attempt {
            1 => format!("{stem}.png"),
            attempt => format!("{stem} ({attempt}).png"),
        };
        let path = folder.join(name);
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Does so in a thread of its own, because large images take a while.
pub(super) fn write_beside(
    folder: PathBuf,
    image: Arc<ColorImage>,
    done: impl FnOnce(io::Result<PathBuf>) + Send + 'static,
) {
    std::thread::spawn(move || done(write(&folder, &image, &ZonedDateTime::now())));
}

#[cfg(test)]
mod tests {
    use eframe::egui::Color32;

    use super::*;

    #[test]
    fn pasted_images_come_back_as_they_were_and_none_replaces_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("pasted");
        let now: ZonedDateTime = "2026-03-04T05:06:07[UTC]".parse().expect("a time");
        let colour = Color32::from_rgba_unmultiplied(10, 20, 30, 128);
        let image = ColorImage::filled([3, 2], colour);
        for name in [
            "Pasted image 2026-03-04 05.06.07.png",
            "Pasted image 2026-03-04 05.06.07 (2).png",
        ] {
            let path = write(&folder, &image, &now).expect("written");
            assert_eq!(path, folder.join(name));
            let read = image::open(path).expect("an image").into_rgba8();
            assert_eq!((read.width(), read.height()), (3, 2));
            let pixel = read.get_pixel(2, 1).0;
            assert!(pixel[3] == 128 && pixel[0].abs_diff(10) < 3, "{pixel:?}");
        }
    }

    #[test]
    fn only_ours_are_removed_and_only_at_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut images = PastedImages::new(folder.path().join("pasted"));
        fs::create_dir(images.folder()).expect("created");
        let (ours, theirs) = (
            images.folder().join("a: b.png"),
            folder.path().join("c.png"),
        );
        let ids = [UploadId::from_bytes([1; 16]), UploadId::from_bytes([2; 16])];
        for (path, upload_id) in [&ours, &theirs].into_iter().zip(ids) {
            fs::write(path, "").expect("written");
            images.reads(upload_id, &format!("1:2:{}", path.display()));
        }
        assert!(ours.exists());
        for upload_id in ids {
            images.ended(upload_id);
        }
        assert!(!ours.exists() && theirs.exists());
    }
}
