//! Forms: fields as values, read when they are sent. The browser holds what is typed, so that password managers and
//! its own checks work as they do everywhere.

use std::cell::Cell;
use std::rc::Rc;

use shared::{ErrorCode, ErrorReply};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{FormData, HtmlFormElement, SubmitEvent};
use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, classes, component, html, use_effect_with,
    use_memo, use_node_ref,
};

use crate::browser::element;
use crate::components::icon::{Icon, icon};

const NAME_ERRORS: [ErrorCode; 3] = [
    ErrorCode::InvalidName,
    ErrorCode::NameTaken,
    ErrorCode::RoomNameTaken,
];

/// What kind of answer a field takes.
#[derive(Clone, PartialEq)]
pub(crate) enum Kind {
    /// One line; `autocomplete` is a word of the HTML standard.
    Line { autocomplete: &'static str },
    /// One line that nobody else sees.
    Password { autocomplete: &'static str },
    /// The six digits of a second factor.
    Code,
    /// Digits.
    Number,
    /// Several lines.
    Lines,
    /// One of these: what is sent, and what is shown.
    Choice(Vec<(&'static str, AttrValue)>),
    /// Yes or no.
    Switch,
    /// Sent as it is, and not shown; password managers read it.
    Fixed { autocomplete: &'static str },
}

/// One field of a form.
#[derive(Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: AttrValue,
    pub(crate) kind: Kind,
    /// What it holds at first. A switch is on where it holds anything.
    pub(crate) value: AttrValue,
    /// What is shown while it is empty.
    pub(crate) example: AttrValue,
    /// What one should know before filling it in.
    pub(crate) hint: AttrValue,
    /// Characters, at most; 0 for no bound.
    pub(crate) chars_max: usize,
    pub(crate) required: bool,
}

impl Field {
    pub(crate) fn new(name: &'static str, label: impl Into<AttrValue>, kind: Kind) -> Self {
        Self {
            name,
            label: label.into(),
            kind,
            value: AttrValue::default(),
            example: AttrValue::default(),
            hint: AttrValue::default(),
            chars_max: 0,
            required: true,
        }
    }

    /// A line that browsers have nothing to offer for.
    pub(crate) fn line(name: &'static str, label: impl Into<AttrValue>) -> Self {
        let autocomplete = "off";
        Self::new(name, label, Kind::Line { autocomplete })
    }

    pub(crate) fn switch(name: &'static str, label: impl Into<AttrValue>, on: bool) -> Self {
        let value = if on { "on" } else { "" };
        Self::new(name, label, Kind::Switch).value(value).optional()
    }

    pub(crate) fn value(mut self, value: impl Into<AttrValue>) -> Self {
        self.value = value.into();
        self
    }

    pub(crate) fn example(mut self, example: impl Into<AttrValue>) -> Self {
        self.example = example.into();
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<AttrValue>) -> Self {
        self.hint = hint.into();
        self
    }

    pub(crate) fn chars_max(mut self, chars_max: usize) -> Self {
        self.chars_max = chars_max;
        self
    }

    pub(crate) fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

/// What was filled in.
pub(crate) struct Values(FormData);

impl Values {
    /// As it was typed; empty where there is no such field.
    pub(crate) fn raw(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default()
    }

    /// Without white space around it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.raw(name).trim().to_owned()
    }

    /// `None` where nothing was filled in.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.0.has(name)
    }
}

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
        let code = self.reply()?.code;
        let names: &[&'static str] = match code {
            _ if NAME_ERRORS.contains(&code) => &["name"],
            // A new password has a field of its own only where the old one is asked for as well.
            ErrorCode::WeakPassword => &["new", "password"],
            ErrorCode::WrongCredentials => &["password"],
            ErrorCode::SecondFactorNeeded => &["code"],
            _ => &[],
        };
        let has = |name: &&&str| fields.iter().any(|field| field.name == **name);
        names.iter().find(has).copied()
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
        let onsubmit = props.onsubmit.clone();
        move |event: yew::SubmitEvent| {
            event.prevent_default();
            if let Some(values) = values(&event) {
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

fn values(event: &SubmitEvent) -> Option<Values> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    FormData::new_with_form(&form).ok().map(Values)
}

/// A field with its label, its hint and what is wrong with it.
fn row(field: &Field, form: u32, first: bool, problem: Option<AttrValue>) -> Html {
    if let Kind::Fixed { autocomplete } = &field.kind {
        return html! {
            <input class="visually-hidden" name={field.name} value={&field.value} autocomplete={*autocomplete}
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
                { problem.unwrap_or_else(|| field.hint.clone()) }
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
            ~defaultValue={JsValue::from_str(&field.value)} placeholder={&field.example} maxlength={max}
            required={field.required} autofocus={first} spellcheck="false" autocapitalize="off"
            aria-invalid={wrong.to_string()} aria-describedby={note.to_owned()} />
    }
}

fn area(field: &Field, id: &str, note: &str) -> Html {
    let max = (field.chars_max > 0).then(|| field.chars_max.to_string());
    html! {
        <textarea id={id.to_owned()} name={field.name} rows="3" defaultvalue={&field.value}
            placeholder={&field.example} maxlength={max} aria-describedby={note.to_owned()} />
    }
}

fn choice(field: &Field, options: &[(&'static str, AttrValue)], id: &str, note: &str) -> Html {
    html! {
        <span class="select">
            <select id={id.to_owned()} name={field.name} aria-describedby={note.to_owned()}>
                for (value, text) in options {
                    <option value={*value} selected={**value == *field.value}>{ text }</option>
                }
            </select>
            { icon(Icon::Menu) }
        </span>
    }
}
