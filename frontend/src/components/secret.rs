//! A link or a token that is shown once, to be copied or, by a camera, read.

use yew::{AttrValue, Callback, Html, html};

use crate::components::copy_button::CopyButton;
use crate::components::dialog::Modal;
use crate::components::qr::qr;

/// What is shown.
#[derive(Clone, PartialEq)]
pub(crate) struct Secret {
    pub(crate) title: AttrValue,
    pub(crate) text: AttrValue,
    pub(crate) value: AttrValue,
    /// What the button says.
    pub(crate) action: AttrValue,
    /// A camera may be of use.
    pub(crate) is_link: bool,
}

pub(crate) fn dialog(secret: &Secret, onclose: Callback<()>) -> Html {
    html! {
        <Modal title={&secret.title} {onclose}>
            <p class="secondary">{ &secret.text }</p>
            if secret.is_link {
                { qr(&secret.value) }
            }
            <p class="secret" tabindex="0" role="textbox" aria-readonly="true" aria-label={&secret.title}>
                { &secret.value }
            </p>
            <div class="dialog-actions">
                <CopyButton text={&secret.value} action={&secret.action} class="button primary" />
            </div>
        </Modal>
    }
}
