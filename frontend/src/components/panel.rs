//! What the server says to one request, shown: every page and dialog that lists or describes something is a pair of
//! functions, of which one asks and one shows. So there is one component for all of them.

use shared::{ClientFrame, PersonId, RoomId, Sequence, ServerFrame};
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, component, html, use_context, use_state,
};

use crate::browser::element;
use crate::components::hooks::{Ui, use_ui};
use crate::components::request::{Loaded, use_answer};
use crate::profiles::Profiles;

/// What is asked about.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) person: Option<PersonId>,
    pub(crate) room: Option<RoomId>,
    /// What a person searches for.
    pub(crate) query: String,
    /// Where the page begins: after this name, or before this entry.
    pub(crate) after: Option<String>,
    pub(crate) before: Option<Sequence>,
}

impl Asked {
    pub(crate) fn person(person_id: PersonId) -> Self {
        Self {
            person: Some(person_id),
            ..Self::default()
        }
    }

    pub(crate) fn room(room_id: RoomId) -> Self {
        Self {
            room: Some(room_id),
            ..Self::default()
        }
    }
}

/// What there is to show, and how to ask for something else.
pub(crate) struct Shown<'a> {
    pub(crate) ui: &'a Ui,
    pub(crate) asked: &'a Asked,
    pub(crate) answer: &'a ServerFrame,
    /// Asks the same again.
    pub(crate) reload: &'a Callback<()>,
    pub(crate) ask: &'a Callback<Asked>,
    pub(crate) profiles: &'a Profiles,
}

impl Shown<'_> {
    /// Sends a request, and asks again once it has succeeded.
    pub(crate) fn act<E>(&self, frame: ClientFrame) -> impl Fn(E) + 'static {
        let (ui, reload) = (self.ui.clone(), self.reload.clone());
        move |_| {
            let reload = reload.clone();
            ui.act(frame.clone(), move |_| reload.emit(()));
        }
    }

    /// Turns to another page.
    pub(crate) fn turn(&self, asked: Asked) -> impl Fn(MouseEvent) + 'static {
        let ask = self.ask.clone();
        move |_| ask.emit(asked.clone())
    }
}

/// What a panel asks and what it makes of the answer.
pub(crate) struct Panel {
    pub(crate) ask: fn(&Asked) -> ClientFrame,
    /// Nothing where the answer is of another kind.
    pub(crate) show: fn(&Shown<'_>) -> Option<Html>,
    /// What there is to search for.
    pub(crate) search: Option<&'static str>,
}

#[derive(Clone, Copy)]
struct PanelRef(&'static Panel);

impl PartialEq for PanelRef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

/// The panel, about this.
pub(crate) fn panel(panel: &'static Panel, of: Asked) -> Html {
    html! { <PanelView panel={PanelRef(panel)} {of} /> }
}

#[derive(PartialEq, Properties)]
struct PanelViewProps {
    panel: PanelRef,
    of: Asked,
}

#[component]
fn PanelView(props: &PanelViewProps) -> Html {
    let ui = use_ui();
    let profiles = use_context::<Profiles>();
    let asked = use_state(|| props.of.clone());
    let panel = props.panel.0;
    let loaded = use_answer((*asked).clone(), panel.ask);
    let ask = {
        let asked = asked.setter();
        Callback::from(move |other: Asked| asked.set(other))
    };
    let search = {
        let (asked, of) = (asked.clone(), props.of.clone());
        move |event: InputEvent| {
            let query = element::value_of(event.target()).trim().to_owned();
            asked.set(Asked {
                query,
                ..of.clone()
            });
        }
    };
    let shown = match (&loaded.answer, &profiles) {
        (Some(answer), Some(profiles)) => (panel.show)(&Shown {
            ui: &ui,
            asked: &asked,
            answer,
            reload: &loaded.reload,
            ask: &ask,
            profiles,
        }),
        _ => None,
    };
    html! {
        <>
            if let Some(what) = panel.search {
                <input class="search" type="search" oninput={search} placeholder="Search by name" aria-label={what}
                    autocomplete="off" spellcheck="false" />
            }
            { shown.unwrap_or_else(|| missing(&loaded)) }
        </>
    }
}

/// What stands where the answer will be: nothing for a moment, or why it does not come.
fn missing(loaded: &Loaded) -> Html {
    let reload = loaded.reload.clone();
    match loaded.problem.reply() {
        Some(problem) => html! {
            <p class="problem" role="alert">
                { problem.message.clone() }{ " " }
                <button class="link-button" onclick={move |_: MouseEvent| reload.emit(())}>{ "Try again" }</button>
            </p>
        },
        None => html! { <p class="list-note waiting">{ "Loading…" }</p> },
    }
}
