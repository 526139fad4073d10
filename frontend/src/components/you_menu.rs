//! Oneself: who one is here, whether one is there, and the way to all that is one's own.

use client::Change;
use client::present::people;
use client::present::presence::CHOICES;
use shared::Operation;
use yew::{Html, component, html};

use crate::browser::location::Place;
use crate::components::avatar::small_avatar;
use crate::components::hooks::{Dialog, use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::menu::{Item, Menu};
use crate::components::presence::{chosen, use_presence};

#[component]
pub(crate) fn YouMenu() -> Html {
    let ui = use_ui();
    use_changes((), |(), change| {
        matches!(change, Change::Connection | Change::Presence)
    });
    let choose = use_presence();
    let Some(own) = ui.driver.view(|view| view.person.clone()) else {
        return Html::default();
    };
    let presence = ui.driver.view(|view| view.attention);
    let to = |text: &'static str, path: &'static str| {
        let go = ui.go.clone();
        Item::new(text, move |()| go.emit(Place::Page(path.into())))
    };
    let mut items = vec![to("Profile and account", "/you/profile")];
    let current = chosen(&ui.driver);
    for state in CHOICES {
        let choose = choose.clone();
        let item = Item::new(people::presence(state), move |()| choose.emit(state));
        items.push(item.chosen(state == current));
    }
    if ui.may(Operation::ListPeople) {
        items.push(to("Administration", "/admin/people"));
    }
    let show = ui.show.clone();
    items.push(Item::new("Sign out", move |()| {
        show.emit(Some(Dialog::SignOut))
    }));
    html! {
        <footer class="sidebar-you">
            <Menu label={format!("You, {}", own.name)} class="you-button" {items}>
                { small_avatar(&own, Some(presence)) }
                <span class="you-name">{ own.name.clone() }</span>
                { icon(Icon::Menu) }
            </Menu>
        </footer>
    }
}
