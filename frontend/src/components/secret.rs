//! A link or a token that is shown once, to be copied or, by a camera, read.

use client::present::sheet::Reveal;
use yew::{Callback, Html, html};

use crate::components::copy_button::CopyButton;
use crate::components::dialog::Modal;
use crate::components::qr::qr;

pub(crate) fn dialog(secret: &Reveal, onclose: Callback<()>) -> Html {
    html! {
        <Modal title={secret.title.clone()} {onclose}>
            <p class="secondary">{ secret.text.clone() }</p>
            if secret.is_link {
                { qr(&secret.value) }
            }
            <p class="secret" tabindex="0" role="textbox" aria-readonly="true" aria-label={secret.title.clone()}>
                { secret.value.clone() }
            </p>
            <div class="dialog-actions">
                <CopyButton text={secret.value.clone()} action={secret.action} class="button primary" />
            </div>
        </Modal>
    }
}
