//! The root: signed out, one chooses a name; signed in, one talks.

use client::{Change, View};
use yew::{ContextProvider, Html, Properties, component, html, use_memo};

use crate::components::hooks::use_changes;
use crate::components::shell::Shell;
use crate::components::welcome::Welcome;
use crate::drafts::Drafts;
use crate::driver::Driver;

#[derive(PartialEq, Properties)]
pub(crate) struct AppProps {
    pub(crate) driver: Driver,
}

#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let drafts = use_memo(props.driver.clone(), |driver| Drafts::new(driver.clone()));
    html! {
        <ContextProvider<Driver> context={props.driver.clone()}>
            <ContextProvider<Drafts> context={(*drafts).clone()}>
                <Screen driver={props.driver.clone()} />
            </ContextProvider<Drafts>>
        </ContextProvider<Driver>>
    }
}

#[component]
fn Screen(props: &AppProps) -> Html {
    use_changes((), |(), change| *change == Change::Connection);
    match props.driver.view(View::is_signed_in) {
        true => html! { <Shell /> },
        false => html! { <Welcome /> },
    }
}
