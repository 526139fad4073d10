//! Pictures made small before they are sent.

use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, File, FilePropertyBag, HtmlCanvasElement, ImageBitmap,
};

use crate::browser::{document, window};

/// Of the square, in pixels: enough for the largest place that shows it, twice as sharp.
const SIDE: u32 = 256;
const NAME: &str = "picture.png";
const KIND: &str = "image/png";

/// The middle of a picture as a small square; `None` where it is no picture that the browser knows.
pub(crate) async fn square(file: &File) -> Option<File> {
    let reading = window().create_image_bitmap_with_blob(file).ok()?;
    let image: ImageBitmap = JsFuture::from(reading).await.ok()?.dyn_into().ok()?;
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width(SIDE);
    canvas.set_height(SIDE);
    draw(&canvas, &image).ok()?;
    let blob = blob(&canvas).await?;
    let parts = js_sys::Array::of1(&blob);
    let kind = FilePropertyBag::new();
    kind.set_type(KIND);
    File::new_with_blob_sequence_and_options(&parts, NAME, &kind).ok()
}

fn draw(canvas: &HtmlCanvasElement, image: &ImageBitmap) -> Result<(), JsValue> {
    let context: CanvasRenderingContext2d =
        canvas.get_context("2d")?.ok_or(JsValue::NULL)?.dyn_into()?;
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    let side = width.min(height);
    context.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
        image,
        (width - side) / 2.0,
        (height - side) / 2.0,
        side,
        side,
        0.0,
        0.0,
        SIDE.into(),
        SIDE.into(),
    )
}

async fn blob(canvas: &HtmlCanvasElement) -> Option<Blob> {
    let canvas = canvas.clone();
    let made = js_sys::Promise::new(&mut |resolve, _| {
        let done = Closure::once_into_js(move |blob: JsValue| {
            let _ = resolve.call1(&JsValue::NULL, &blob);
        });
        let _ = canvas.to_blob_with_type(done.unchecked_ref(), KIND);
    });
    JsFuture::from(made).await.ok()?.dyn_into().ok()
}
