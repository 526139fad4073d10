//! Asks before something that cannot be undone, naming the thing.

use client::present::words::Question;
use yew::{Callback, Html, MouseEvent, html};

use crate::components::dialog::Modal;

pub(crate) fn confirm(question: Question, onconfirm: Callback<()>, onclose: Callback<()>) -> Html {
    let cancel = onclose.reform(|_: MouseEvent| ());
    let confirm = {
        let onclose = onclose.clone();
        move |_: MouseEvent| {
            onclose.emit(());
            onconfirm.emit(());
        }
    };
    html! {
        <Modal title={question.title} {onclose}>
            <p class="secondary">{ question.text }</p>
            <div class="dialog-actions">
                <button class="button" onclick={cancel}>{ "Cancel" }</button>
                <button class="button danger" onclick={confirm}>{ question.action }</button>
            </div>
        </Modal>
    }
}
