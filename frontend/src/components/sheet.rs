//! A request with what it needs to know, as a form: on a page of its own, or in a dialog. Whatever cannot be undone is
//! asked for in this way, naming the thing.

use std::rc::Rc;

use shared::{ClientFrame, ServerFrame};
use yew::{AttrValue, Callback, Html, Properties, component, html, use_state};

use crate::components::dialog::Modal;
use crate::components::form::{Field, Form, Problem, Values};
use crate::components::qr::qr;
use crate::components::request::use_request;

type MakeFrame = dyn Fn(&Values) -> Result<ClientFrame, String>;

/// What is asked of a person before it is asked of the server.
pub(crate) struct Sheet {
    title: AttrValue,
    text: AttrValue,
    /// What the button says.
    action: AttrValue,
    danger: bool,
    /// What a camera reads, and the same to be typed.
    code: Option<(AttrValue, AttrValue)>,
    fields: Vec<Field>,
    /// The request, or why what was filled in is none.
    frame: Box<MakeFrame>,
    then: Box<dyn Fn(ServerFrame)>,
}

impl Sheet {
    pub(crate) fn new(
        title: impl Into<AttrValue>,
        action: impl Into<AttrValue>,
        frame: impl Fn(&Values) -> Result<ClientFrame, String> + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            text: AttrValue::default(),
            action: action.into(),
            danger: false,
            code: None,
            fields: Vec::new(),
            frame: Box::new(frame),
            then: Box::new(|_| {}),
        }
    }

    /// Asks whether to send this.
    pub(crate) fn confirm(
        title: impl Into<AttrValue>,
        action: impl Into<AttrValue>,
        frame: ClientFrame,
    ) -> Self {
        Self::new(title, action, move |_| Ok(frame.clone())).danger()
    }

    pub(crate) fn text(mut self, text: impl Into<AttrValue>) -> Self {
        self.text = text.into();
        self
    }

    /// Shows `text` as a QR code, and `typed` for those without a camera.
    pub(crate) fn code(mut self, text: &str, typed: &str) -> Self {
        self.code = Some((text.to_owned().into(), typed.to_owned().into()));
        self
    }

    pub(crate) fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    pub(crate) fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// What is done with the answer.
    pub(crate) fn then(mut self, then: impl Fn(ServerFrame) + 'static) -> Self {
        self.then = Box::new(then);
        self
    }
}

/// A sheet that is to be shown; copies are the same.
#[derive(Clone)]
pub(crate) struct SheetRef(Rc<Sheet>);

impl From<Sheet> for SheetRef {
    fn from(sheet: Sheet) -> Self {
        Self(Rc::new(sheet))
    }
}

impl PartialEq for SheetRef {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The sheet in a dialog, which closes once the request has succeeded.
pub(crate) fn dialog(sheet: &SheetRef, onclose: Callback<()>) -> Html {
    html! {
        <Modal title={&sheet.0.title} onclose={onclose.clone()}>
            <AskForm sheet={sheet.clone()} onclose={Some(onclose)} />
        </Modal>
    }
}

/// The sheet as a part of a page. After it has succeeded it is empty again.
pub(crate) fn inline(sheet: Sheet) -> Html {
    html! { <AskForm sheet={SheetRef::from(sheet)} /> }
}

#[derive(PartialEq, Properties)]
struct AskFormProps {
    sheet: SheetRef,
    #[prop_or_default]
    onclose: Option<Callback<()>>,
}

#[component]
fn AskForm(props: &AskFormProps) -> Html {
    let sheet = &props.sheet.0;
    let done = use_state(|| 0u32);
    let request = {
        let (sheet, done, onclose) = (sheet.clone(), done.clone(), props.onclose.clone());
        use_request(move |answer| {
            match &onclose {
                Some(onclose) => onclose.emit(()),
                None => done.set(*done + 1),
            }
            (sheet.then)(answer);
        })
    };
    let onsubmit = {
        let (sheet, send, object) = (sheet.clone(), request.send, request.object);
        Callback::from(move |values: Rc<Values>| match (sheet.frame)(&values) {
            Ok(frame) => send.emit(frame),
            Err(text) => object.emit(Problem::of_form(text)),
        })
    };
    html! {
        <>
            if !sheet.text.is_empty() {
                <p class="secondary">{ &sheet.text }</p>
            }
            if let Some((text, typed)) = &sheet.code {
                { qr(text) }
                <p class="secret">{ typed }</p>
            }
            <Form key={*done} fields={sheet.fields.clone()} action={&sheet.action} danger={sheet.danger} {onsubmit}
                oncancel={props.onclose.clone()} waiting={request.waiting} problem={request.problem} />
        </>
    }
}
