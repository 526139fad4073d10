//! The form by which a guest makes an account.

use std::rc::Rc;

use client::present::form::Values;
use client::present::membership;
use yew::{AttrValue, Callback, Html, Properties, component, html, use_state};

use crate::components::form::{Form, Problem};
use crate::components::hooks::use_ui;

#[derive(PartialEq, Properties)]
pub(crate) struct MakeAccountProps {
    /// The guest's, and their account's.
    pub(crate) name: AttrValue,
    /// Once there is an account.
    pub(crate) then: Callback<()>,
}

#[component]
pub(crate) fn MakeAccount(props: &MakeAccountProps) -> Html {
    let ui = use_ui();
    let (problem, waiting) = (use_state(Problem::default), use_state(|| false));
    let onsubmit = {
        let (name, then) = (props.name.clone(), props.then.clone());
        let (problem, waiting) = (problem.setter(), waiting.setter());
        Callback::from(move |values: Rc<Values>| {
            let entry = match membership::entry(&name, &values) {
                Ok(entry) => entry,
                Err(text) => return problem.set(Problem::of_form(text)),
            };
            let (then, say) = (then.clone(), ui.say.clone());
            let (problem, waiting) = (problem.clone(), waiting.clone());
            waiting.set(true);
            ui.driver.make_account(&entry, move |made| {
                waiting.set(false);
                match made {
                    Ok(()) => {
                        say.emit(membership::DONE.into());
                        then.emit(());
                    }
                    Err(error) => problem.set(error.into()),
                }
            });
        })
    };
    let fields = membership::fields(&props.name).to_vec();
    html! {
        <>
            <p class="secondary">{ membership::ABOUT }</p>
            <Form {fields} action={membership::ACTION} {onsubmit} waiting={*waiting} problem={(*problem).clone()} />
        </>
    }
}
