//! A request with what it needs to know, as a form: on a page of its own, or in a dialog. Whatever cannot be undone is
//! asked for in this way, naming the thing.

use std::rc::Rc;

use client::present::form::Values;
use client::present::sheet::{Sheet, Weight};
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::components::dialog::Modal;
use crate::components::form::{Form, Problem};
use crate::components::hooks::use_ui;
use crate::components::qr::qr;
use crate::components::request::use_request;

/// A sheet that is to be shown, and who is told once it has succeeded; copies are the same.
#[derive(Clone)]
pub(crate) struct SheetRef {
    pub(crate) sheet: Rc<Sheet>,
    pub(crate) done: Callback<()>,
}

impl PartialEq for SheetRef {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.sheet, &other.sheet)
    }
}

/// The sheet in a dialog, which closes once the request has succeeded.
pub(crate) fn dialog(shown: &SheetRef, onclose: Callback<()>) -> Html {
    html! {
        <Modal title={shown.sheet.title.clone()} onclose={onclose.clone()}>
            <AskForm shown={shown.clone()} onclose={Some(onclose)} />
        </Modal>
    }
}

/// The sheet as a part of a page. After it has succeeded it is empty again.
pub(crate) fn inline(sheet: Rc<Sheet>, done: Callback<()>) -> Html {
    html! { <AskForm shown={SheetRef { sheet, done }} /> }
}

#[derive(PartialEq, Properties)]
struct AskFormProps {
    shown: SheetRef,
    #[prop_or_default]
    onclose: Option<Callback<()>>,
}

#[component]
fn AskForm(props: &AskFormProps) -> Html {
    let ui = use_ui();
    let SheetRef { sheet, done } = &props.shown;
    let times = use_state(|| 0u32);
    let request = {
        let (sheet, times, onclose) = (sheet.clone(), times.clone(), props.onclose.clone());
        let done = done.clone();
        use_request(move |answer| {
            match &onclose {
                Some(onclose) => onclose.emit(()),
                None => times.set(*times + 1),
            }
            done.emit(());
            ui.follow(sheet.next(&answer), &done);
        })
    };
    let onsubmit = {
        let (sheet, send, object) = (sheet.clone(), request.send, request.object);
        Callback::from(move |values: Rc<Values>| match sheet.frame(&values) {
            Ok(frame) => send.emit(frame),
            Err(text) => object.emit(Problem::of_form(text)),
        })
    };
    html! {
        <>
            if !sheet.text.is_empty() {
                <p class="secondary">{ sheet.text.clone() }</p>
            }
            if let Some((text, typed)) = &sheet.code {
                { qr(text) }
                <p class="secret">{ typed.clone() }</p>
            }
            <Form key={*times} fields={sheet.fields.clone()} action={sheet.action.clone()}
                danger={sheet.weight == Weight::Danger} {onsubmit} oncancel={props.onclose.clone()}
                waiting={request.waiting} problem={request.problem} />
        </>
    }
}
