//! A button that opens a list of things to do.

use client::present::sheet::{self, Weight};
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};
use yew::{
    AttrValue, Callback, Children, Html, MouseEvent, NodeRef, Properties, classes, component, html,
    use_effect_with, use_node_ref, use_state,
};

use crate::browser::{element, window};
use crate::components::hooks::use_window_event;

/// Between the button and its list, in pixels.
const GAP_PX: f64 = 4.0;

/// One thing to do.
#[derive(Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) text: AttrValue,
    /// It cannot be undone.
    pub(crate) danger: bool,
    /// Of several, the one that holds.
    pub(crate) chosen: Option<bool>,
    pub(crate) act: Callback<()>,
}

impl Item {
    pub(crate) fn new(text: impl Into<AttrValue>, act: impl Fn(()) + 'static) -> Self {
        Self {
            text: text.into(),
            danger: false,
            chosen: None,
            act: Callback::from(act),
        }
    }

    /// The same as every screen has it, which does this.
    pub(crate) fn of(item: &sheet::Item, act: Callback<()>) -> Self {
        Self {
            text: item.text.clone().into(),
            danger: item.weight == Weight::Danger,
            chosen: item.chosen,
            act,
        }
    }

    pub(crate) fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = Some(chosen);
        self
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct MenuProps {
    /// What the button is for, as it is read out.
    pub(crate) label: AttrValue,
    /// The classes of the button.
    #[prop_or("icon-button".into())]
    pub(crate) class: AttrValue,
    pub(crate) items: Vec<Item>,
    /// Whether it is open at first.
    #[prop_or_default]
    pub(crate) opens: bool,
    /// What is on the button.
    pub(crate) children: Children,
}

#[component]
pub(crate) fn Menu(props: &MenuProps) -> Html {
    let open = use_state(|| props.opens);
    let (button, list) = (use_node_ref(), use_node_ref());
    use_effect_with(*open, {
        let (button, list) = (button.clone(), list.clone());
        move |open| {
            if *open {
                place(&button, &list);
                focus(&list, Step::First);
            }
        }
    });
    {
        let (open, button, list) = (open.clone(), button.clone(), list.clone());
        use_window_event("pointerdown", move |event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<Node>().ok());
            if *open && !holds(&button, target.as_ref()) && !holds(&list, target.as_ref()) {
                open.set(false);
            }
        });
    }
    let toggle = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let close = {
        let (open, button) = (open.clone(), button.clone());
        Callback::from(move |()| {
            open.set(false);
            element::focus(&button);
        })
    };
    let onkeydown = {
        let (open, close, list) = (open.clone(), close.clone(), list.clone());
        move |event: yew::KeyboardEvent| match step(&event) {
            Some(step) => {
                event.prevent_default();
                focus(&list, step);
            }
            None if event.key() == "Escape" => {
                event.prevent_default();
                close.emit(());
            }
            None if event.key() == "Tab" => open.set(false),
            None => {}
        }
    };
    html! {
        <>
            <button ref={button} type="button" class={props.class.to_string()} aria-label={&props.label}
                title={&props.label} aria-haspopup="menu" aria-expanded={open.to_string()} onclick={toggle}>
                { props.children.clone() }
            </button>
            if *open {
                <div ref={list} class="menu" role="menu" aria-label={&props.label} {onkeydown}>
                    for item in &props.items { { entry(item, &close) } }
                </div>
            }
        </>
    }
}

fn entry(item: &Item, close: &Callback<()>) -> Html {
    let onclick = {
        let (act, close) = (item.act.clone(), close.clone());
        move |_: MouseEvent| {
            // First closed, so that what opens a dialog has it take the focus.
            close.emit(());
            act.emit(());
        }
    };
    let role = match item.chosen {
        Some(_) => "menuitemradio",
        None => "menuitem",
    };
    html! {
        <button type="button" {role} tabindex="-1" aria-checked={item.chosen.map(|chosen| chosen.to_string())}
            class={classes!("menu-item", item.danger.then_some("danger"))} {onclick}>
            { &item.text }
        </button>
    }
}

fn holds(node: &NodeRef, target: Option<&Node>) -> bool {
    node.get().is_some_and(|node| node.contains(target))
}

/// Under the button or above it, whichever has more room.
fn place(button: &NodeRef, list: &NodeRef) {
    let (Some(button), Some(list)) = (button.cast::<Element>(), list.cast::<HtmlElement>()) else {
        return;
    };
    let size = |size: Result<wasm_bindgen::JsValue, _>| size.ok()?.as_f64();
    let width = size(window().inner_width()).unwrap_or_default();
    let height = size(window().inner_height()).unwrap_or_default();
    let at = button.get_bounding_client_rect();
    let style = HtmlElement::style(&list);
    let set = |name: &str, pixels: f64| {
        let _ = style.set_property(name, &format!("{}px", pixels.round() as i32));
    };
    match at.top() + at.bottom() < height {
        true => set("top", at.bottom() + GAP_PX),
        false => set("bottom", height - at.top() + GAP_PX),
    }
    match at.left() + at.right() < width {
        true => set("left", at.left()),
        false => set("right", width - at.right()),
    }
}

enum Step {
    First,
    Last,
    Next,
    Before,
}

fn step(event: &KeyboardEvent) -> Option<Step> {
    match event.key().as_str() {
        "ArrowDown" => Some(Step::Next),
        "ArrowUp" => Some(Step::Before),
        "Home" => Some(Step::First),
        "End" => Some(Step::Last),
        _ => None,
    }
}

/// Moves the focus among the items, around their ends.
fn focus(list: &NodeRef, step: Step) {
    let Some(list) = list.cast::<Element>() else {
        return;
    };
    let first = list.first_element_child();
    let last = list.last_element_child();
    let current = crate::browser::document()
        .active_element()
        .filter(|element| list.contains(Some(element)) && *element != list);
    let next = match step {
        Step::First => first,
        Step::Last => last,
        Step::Next => current
            .and_then(|item| item.next_element_sibling())
            .or(first),
        Step::Before => current
            .and_then(|item| item.previous_element_sibling())
            .or(last),
    };
    if let Some(item) = next.and_then(|item| item.dyn_into::<HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
