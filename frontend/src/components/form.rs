//! Forms, whose fields are values, read when they are sent. The browser holds what is typed, so that password managers and
//! its own checks work as they do everywhere.

use std::cell::Cell;
use std::rc::Rc;

use client::present::form::{Field, Kind, Values, field_of};
use shared::{ErrorCode, ErrorReply};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{FormData, HtmlFormElement, SubmitEvent};
use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, classes, component, html, use_effect_with,
    use_memo, use_node_ref,
};

use crate::browser::element;
use crate::components::icon::{Icon, icon};

/// Why a form was refused; shown beside the field that it is about.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Problem(Option<Rc<ErrorReply>>);

impl From<ErrorReply> for Problem {
    fn from(error: ErrorReply) -> Self {
        Self(Some(Rc::new(error)))
    }
}

impl Problem {
    /// About the form as a whole.
    pub(crate) fn of_form(text: String) -> Self {
        ErrorReply::new(ErrorCode::Unknown, text).into()
    }

    pub(crate) fn reply(&self) -> Option<&ErrorReply> {
        self.0.as_deref()
    }

    pub(crate) fn text(&self) -> Option<AttrValue> {
        Some(self.reply()?.message.clone().into())
    }

    /// The name of the field that it is about, if it is one of these.
    fn field(&self, fields: &[Field]) -> Option<&'static str> {
        field_of(self.reply()?.code, fields)
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct FormProps {
    pub(crate) fields: Vec<Field>,
    /// What the button says.
    pub(crate) action: AttrValue,
    #[prop_or_default]
    pub(crate) danger: bool,
    pub(crate) onsubmit: Callback<Rc<Values>>,
    #[prop_or_default]
    pub(crate) oncancel: Option<Callback<()>>,
    /// The answer is on its way.
    #[prop_or_default]
    pub(crate) waiting: bool,
    #[prop_or_default]
    pub(crate) problem: Problem,
}

#[component]
pub(crate) fn Form(props: &FormProps) -> Html {
    let onsubmit = {
        let (onsubmit, fields) = (props.onsubmit.clone(), props.fields.clone());
        move |event: yew::SubmitEvent| {
            event.prevent_default();
            if let Some(values) = values(&event, &fields) {
                onsubmit.emit(Rc::new(values));
            }
        }
    };
    // So that two forms on one page do not share names.
    let id = use_memo((), |()| next_id());
    let about = props.problem.field(&props.fields);
    let general = props.problem.text().filter(|_| about.is_none());
    let cancel = props.oncancel.clone();
    let node = use_node_ref();
    use_effect_with((props.problem.clone(), about), {
        let node = node.clone();
        move |(_, about)| {
            if let Some(name) = about {
                element::focus_inside(&node, &format!("[name={name}]"));
            }
        }
    });
    html! {
        <form ref={node} class="form" {onsubmit}>
            for (index, field) in props.fields.iter().enumerate() {
                { row(field, *id, index == 0, props.problem.text().filter(|_| about == Some(field.name))) }
            }
            <p class="problem" role="alert">{ general.unwrap_or_default() }</p>
            <div class="dialog-actions">
                if let Some(cancel) = cancel {
                    <button type="button" class="button" onclick={move |_: MouseEvent| cancel.emit(())}>
                        { "Cancel" }
                    </button>
                }
                <button class={classes!("button", if props.danger { "danger" } else { "primary" })}
                    disabled={props.waiting}>
                    { &props.action }
                </button>
            </div>
        </form>
    }
}

fn next_id() -> u32 {
    thread_local!(static LAST: Cell<u32> = const { Cell::new(0) });
    LAST.set(LAST.get() + 1);
    LAST.get()
}

fn values(event: &SubmitEvent, fields: &[Field]) -> Option<Values> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    let value = |field: &Field| Some((field.name, data.get(field.name).as_string()?));
    Some(fields.iter().filter_map(value).collect())
}

/// A field with its label, its hint and what is wrong with it.
fn row(field: &Field, form: u32, first: bool, problem: Option<AttrValue>) -> Html {
    if let Kind::Fixed { autocomplete } = &field.kind {
        return html! {
            <input class="visually-hidden" name={field.name} value={field.value.clone()} autocomplete={*autocomplete}
                readonly={true} tabindex="-1" aria-hidden="true" />
        };
    }
    let note = format!("about-{form}-{}", field.name);
    let id = format!("field-{form}-{}", field.name);
    let input = input(field, &id, first, &note, problem.is_some());
    if field.kind == Kind::Switch {
        return html! {
            <label class="field switch" key={field.name}>
                { input }
                <span>{ &field.label }</span>
                if !field.hint.is_empty() {
                    <span id={note} class="hint">{ &field.hint }</span>
                }
            </label>
        };
    }
    html! {
        <div class="field" key={field.name}>
            <label for={id}>
                { &field.label }
                if !field.required {
                    <span class="optional">{ " (optional)" }</span>
                }
            </label>
            { input }
            <p id={note} class={if problem.is_some() { "problem" } else { "hint" }}
                role={problem.is_some().then_some("alert")}>
                { problem.unwrap_or_else(|| field.hint.clone().into()) }
            </p>
        </div>
    }
}

fn input(field: &Field, id: &str, first: bool, note: &str, wrong: bool) -> Html {
    let (kind, autocomplete, mode) = match &field.kind {
        Kind::Line { autocomplete } | Kind::Fixed { autocomplete } => ("text", *autocomplete, None),
        Kind::Password { autocomplete } => ("password", *autocomplete, None),
        Kind::Code => ("text", "one-time-code", Some("numeric")),
        Kind::Number => ("text", "off", Some("numeric")),
        Kind::Lines => return area(field, id, note),
        Kind::Choice(options) => return choice(field, options, id, note),
        Kind::Switch => {
            return html! {
                <input type="checkbox" name={field.name} ~defaultChecked={JsValue::from(!field.value.is_empty())}
                    aria-describedby={note.to_owned()} />
            };
        }
    };
    let max = (field.chars_max > 0).then(|| field.chars_max.to_string());
    html! {
        <input id={id.to_owned()} name={field.name} type={kind} {autocomplete} inputmode={mode}
            ~defaultValue={JsValue::from_str(&field.value)} placeholder={field.example.clone()} maxlength={max}
            required={field.required} autofocus={first} spellcheck="false" autocapitalize="off"
            aria-invalid={wrong.to_string()} aria-describedby={note.to_owned()} />
    }
}

fn area(field: &Field, id: &str, note: &str) -> Html {
    let max = (field.chars_max > 0).then(|| field.chars_max.to_string());
    html! {
        <textarea id={id.to_owned()} name={field.name} rows="3" defaultvalue={field.value.clone()}
            placeholder={field.example.clone()} maxlength={max} aria-describedby={note.to_owned()} />
    }
}

fn choice(field: &Field, options: &[(&'static str, &'static str)], id: &str, note: &str) -> Html {
    html! {
        <span class="select">
            <select id={id.to_owned()} name={field.name} aria-describedby={note.to_owned()}>
                for (value, text) in options {
                    <option value={*value} selected={**value == *field.value}>{ *text }</option>
                }
            </select>
            { icon(Icon::Menu) }
        </span>
    }
}
