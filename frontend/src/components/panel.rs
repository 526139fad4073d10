//! What the server says to one request, shown.

use client::present::panel::{Asked, Eyes, Items, Lead, Part, Row, Topic};
use client::present::sheet::{Deed, Item};
use shared::account::Profile;
use shared::{Role, ServerFrame};
use yew::{Callback, Html, InputEvent, MouseEvent, Properties, component, html, use_state};

use crate::browser::{element, time};
use crate::components::avatar::{Avatar, small_avatar};
use crate::components::dialog::Modal;
use crate::components::hooks::{Ui, use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::list;
use crate::components::make_account::MakeAccount;
use crate::components::menu::{self, Menu};
use crate::components::picture::Picture;
use crate::components::request::{Loaded, use_answer};
use crate::components::room_list::kind_mark;
use crate::components::sheet;

/// The panel in a dialog.
pub(crate) fn dialog(topic: Topic, onclose: Callback<()>) -> Html {
    html! { <Modal title={topic.name()} {onclose}><Panel {topic} /></Modal> }
}

#[derive(PartialEq, Properties)]
pub(crate) struct PanelProps {
    pub(crate) topic: Topic,
}

#[component]
pub(crate) fn Panel(props: &PanelProps) -> Html {
    let ui = use_ui();
    let topic = props.topic;
    let asked = use_state(Asked::default);
    use_changes(topic, |topic, change| topic.moves_with(change));
    let loaded = use_answer(ui.driver.view(|view| topic.frame(view, &asked)));
    let turn = {
        let asked = asked.setter();
        Callback::from(move |other: Asked| asked.set(other))
    };
    let search = {
        let (turn, asked) = (turn.clone(), asked.clone());
        move |event: InputEvent| turn.emit(asked.search(&element::value_of(event.target())))
    };
    let now = ui.driver.now();
    let parts = loaded.answer.as_ref().and_then(|answer| {
        ui.driver.view(|view| {
            let moment = |at| time::moment(at, now);
            let eyes = Eyes {
                view,
                now,
                moment: &moment,
            };
            topic.parts(&eyes, &asked, answer)
        })
    });
    let hands = Hands {
        ui,
        reload: loaded.reload.clone(),
        turn,
    };
    html! {
        <>
            if let Some(what) = topic.search() {
                <input class="search" type="search" oninput={search} placeholder="Search by name" aria-label={what}
                    autocomplete="off" spellcheck="false" />
            }
            if let Some(parts) = parts {
                for part in &parts { { hands.part(part) } }
                if let Some(answer) = loaded.answer.as_ref().filter(|_| topic == Topic::Profile) {
                    { hands.account(answer) }
                }
            } else {
                { missing(&loaded) }
            }
        </>
    }
}

/// What a panel can do.
struct Hands {
    ui: Ui,
    /// Asks the same again.
    reload: Callback<()>,
    /// Asks for another page.
    turn: Callback<Asked>,
}

impl Hands {
    fn act(&self, deed: Deed) -> Callback<()> {
        if let Deed::Turn(asked) = deed {
            return self.turn.reform(move |()| asked.clone());
        }
        let (ui, reload) = (self.ui.clone(), self.reload.clone());
        Callback::from(move |()| ui.perform(&deed, &reload))
    }

    fn part(&self, part: &Part) -> Html {
        match part {
            Part::Text(text) => html! { <p class="secondary">{ *text }</p> },
            Part::Section(title, parts) => html! {
                <section class="part">
                    <h3>{ *title }</h3>
                    for part in parts { { self.part(part) } }
                </section>
            },
            Part::Form(form) => sheet::inline(form.clone(), self.reload.clone()),
            Part::List { rows, empty } => list::list(rows.iter().map(|row| self.row(row)), empty),
            Part::Buttons(items) if items.is_empty() => Html::default(),
            Part::Buttons(items) => html! {
                <div class="page-actions">{ for items.iter().map(|item| self.button(item)) }</div>
            },
            Part::Figures(figures) => html! {
                <dl class="figures">
                    for (name, value) in figures {
                        <div key={*name}><dt>{ *name }</dt><dd class="numbers">{ value.clone() }</dd></div>
                    }
                </dl>
            },
            Part::Picture(profile) => html! {
                <Picture profile={(**profile).clone()} reload={self.reload.clone()} />
            },
            Part::Person(profile, facts) => person(profile, facts),
        }
    }

    /// What a guest finds below their profile.
    fn account(&self, answer: &ServerFrame) -> Html {
        match answer {
            ServerFrame::ProfileDescribed { profile, .. } if profile.role == Role::Guest => html! {
                <section class="part">
                    <h3>{ "Account" }</h3>
                    <MakeAccount name={profile.person.name.clone()} then={self.reload.clone()} />
                </section>
            },
            _ => Html::default(),
        }
    }

    fn button(&self, item: &Item) -> Html {
        let onclick = self.act(item.deed.clone()).reform(|_: MouseEvent| ());
        list::button(&item.text, item.weight, onclick)
    }

    fn row(&self, row: &Row) -> Html {
        let items = match &row.items {
            Items::None => Html::default(),
            Items::Word(word) => html! { <span class="chip">{ *word }</span> },
            Items::Buttons(items) => html! { { for items.iter().map(|item| self.button(item)) } },
            Items::Menu(items) => {
                let items = items.iter();
                let items = items.map(|item| menu::Item::of(item, self.act(item.deed.clone())));
                let items: Vec<menu::Item> = items.collect();
                html! {
                    <Menu label={format!("What to do with {}", row.title)} {items}>{ icon(Icon::More) }</Menu>
                }
            }
        };
        let lead = match &row.lead {
            Lead::None => Html::default(),
            Lead::Person(person) => small_avatar(person, None),
            Lead::Room(room) => html! { <span class="room-mark">{ kind_mark(room) }</span> },
            Lead::File(media_type) => {
                html! { <span class="room-mark">{ icon(Icon::of_file(media_type)) }</span> }
            }
        };
        list::row(row, lead, items)
    }
}

fn person(profile: &Profile, facts: &[String]) -> Html {
    html! {
        <div class="profile">
            <Avatar person={profile.person.clone()} size="large" presence={profile.presence} />
            <div class="profile-text">
                <h3>{ profile.person.name.clone() }</h3>
                if !profile.status_text.is_empty() {
                    <p>{ profile.status_text.clone() }</p>
                }
                for fact in facts { <p class="secondary">{ fact.clone() }</p> }
            </div>
        </div>
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
