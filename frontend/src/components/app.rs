//! The root: signed out, one comes in; signed in, one talks.

use client::{Change, View};
use yew::{Callback, ContextProvider, Html, Properties, component, html, use_memo, use_state};

use crate::components::hooks::use_changes;
use crate::components::shell::Shell;
use crate::components::welcome::Welcome;
use crate::drafts::Drafts;
use crate::driver::Driver;
use crate::profiles::Profiles;

#[derive(PartialEq, Properties)]
pub(crate) struct AppProps {
    pub(crate) driver: Driver,
}

#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let drafts = use_memo(props.driver.clone(), |driver| Drafts::new(driver.clone()));
    let shown = use_state(|| 0u32);
    let profiles = use_memo(props.driver.clone(), |driver| {
        let shown = shown.setter();
        let changed = Callback::from(move |version| shown.set(version));
        Profiles::new(driver.clone(), changed)
    });
    html! {
        <ContextProvider<Driver> context={props.driver.clone()}>
            <ContextProvider<Drafts> context={(*drafts).clone()}>
                <ContextProvider<Profiles> context={profiles.at(*shown)}>
                    <Screen driver={props.driver.clone()} />
                </ContextProvider<Profiles>>
            </ContextProvider<Drafts>>
        </ContextProvider<Driver>>
    }
}

#[component]
fn Screen(props: &AppProps) -> Html {
    use_changes((), |(), change| matches!(change, Change::Connection));
    match props.driver.view(View::is_signed_in) {
        true => html! { <Shell /> },
        false => html! { <Welcome /> },
    }
}
