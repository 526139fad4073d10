//! Requests by HTTP to the server that this page came from. Its cookie travels with them.

use shared::ErrorReply;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::browser::window;

/// Why there is no result.
pub(crate) enum Failure {
    /// The server said no.
    Refused(ErrorReply),
    /// There was no answer, or none of Chinwag's.
    Unreachable,
}

/// Fetches the body of an answer; `body` is JSON.
pub(crate) async fn fetch(
    method: &str,
    path: &str,
    body: Option<String>,
) -> Result<String, Failure> {
    let (is_ok, text) = exchange(method, path, body)
        .await
        .map_err(|_| Failure::Unreachable)?;
    if is_ok {
        return Ok(text);
    }
    Err(match serde_json::from_slice(text.as_bytes()) {
        Ok(error) => Failure::Refused(error),
        Err(_) => Failure::Unreachable,
    })
}

/// Whether it succeeded, and the answer's body.
async fn exchange(
    method: &str,
    path: &str,
    body: Option<String>,
) -> Result<(bool, String), JsValue> {
    let request = RequestInit::new();
    request.set_method(method);
    if let Some(body) = body {
        let headers = Headers::new()?;
        headers.set("content-type", "application/json")?;
        request.set_headers(&headers);
        request.set_body(&JsValue::from_str(&body));
    }
    let fetching = window().fetch_with_str_and_init(path, &request);
    let response: Response = JsFuture::from(fetching).await?.dyn_into()?;
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}
