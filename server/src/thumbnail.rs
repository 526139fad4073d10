//! Draws thumbnails of images that anybody may have sent, in a process of its own: the server's program, started anew
//! as [`COMMAND`], reads an image on standard input and writes the thumbnail to standard output. A decoder that runs
//! wild there has no memory to fill, no time, no file and no name of the server's.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};

use shared::http::ThumbnailBox;

mod confine;
mod draw;

use draw::draw;

/// The program's first argument; the second is the edge of the box in pixels.
pub(crate) const COMMAND: &str = "draw-thumbnail";
/// The third, once the limits are set.
const CONFINED: &str = "confined";

/// Larger files are not looked at.
pub(crate) const INPUT_BYTES_MAX: u64 = 64 << 20;

/// Draws, if the program was started for that; the exit code.
pub fn run_if_asked(mut arguments: impl Iterator<Item = OsString>) -> Option<i32> {
    if arguments.next()? != COMMAND {
        return None;
    }
    let pixels = arguments.next().unwrap_or_default();
    let Some(fits) = pixels.to_str().and_then(ThumbnailBox::of_pixels) else {
        return Some(2);
    };
    let is_confined = arguments.next().is_some_and(|it| it == CONFINED);
    let done = if is_confined {
        confine::close_doors().and_then(|()| pass_on(fits))
    } else {
        confine::start_anew(fits)
    };
    Some(i32::from(done.is_err()))
}

fn pass_on(fits: ThumbnailBox) -> io::Result<()> {
    let mut image = Vec::new();
    let input = io::stdin().lock();
    input.take(INPUT_BYTES_MAX + 1).read_to_end(&mut image)?;
    if image.len() as u64 > INPUT_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let thumbnail = draw(image, fits).map_err(io::Error::other)?;
    let mut out = io::stdout().lock();
    out.write_all(&thumbnail)?;
    out.flush()
}
