//! Programs that talk under names of their own.

use client::present::people;
use shared::account::{BotInfo, CreateBot};
use shared::{ClientFrame, RequestId, Scope, ServerFrame};
use yew::{Callback, Html, html};

use crate::browser::time;
use crate::components::avatar::small_avatar;
use crate::components::form::{Field, Values};
use crate::components::hooks::{Dialog, Ui};
use crate::components::icon::{Icon, icon};
use crate::components::list::{button, list, row};
use crate::components::menu::{Item, Menu};
use crate::components::panel::{Panel, Shown};
use crate::components::secret::Secret;
use crate::components::sheet::Sheet;
use shared::limits::PERSON_NAME_CHARS_MAX;

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::ListBots {
        request_id: RequestId::default(),
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::BotsListed { bots, .. } = shown.answer else {
        return None;
    };
    let create = {
        let (ui, reload) = (shown.ui.clone(), shown.reload.clone());
        move |_| ui.ask(create(&ui, &reload))
    };
    let rows = bots.iter().map(|bot| bot_row(shown.ui, shown.reload, bot));
    Some(html! {
        <>
            <p class="secondary">
                { "A bot is a program that reads and writes under a name of its own, with a token in place of a password." }
            </p>
            { list(rows.collect(), "You have no bots.") }
            <div class="page-actions">{ button("New bot", create) }</div>
        </>
    })
}

fn create(ui: &Ui, reload: &Callback<()>) -> Sheet {
    let scopes = Scope::ALL.map(|scope| {
        let on = scope != Scope::Rooms;
        Field::switch(scope.as_str(), people::scope(scope), on)
    });
    let name = Field::line("name", "Name").chars_max(PERSON_NAME_CHARS_MAX);
    Sheet::new("New bot", "Create bot", |values: &Values| {
        let scopes = Scope::ALL.into_iter();
        Ok(ClientFrame::CreateBot(CreateBot {
            request_id: RequestId::default(),
            name: values.text("name"),
            scopes: scopes
                .filter(|scope| values.is_on(scope.as_str()))
                .collect(),
        }))
    })
    .fields([name.example("build-bot")])
    .fields(scopes)
    .then(show_token(ui, reload))
}

fn show_token(ui: &Ui, reload: &Callback<()>) -> impl Fn(ServerFrame) + 'static {
    let (show, reload) = (ui.show.clone(), reload.clone());
    move |answer| {
        reload.emit(());
        if let ServerFrame::BotCreated { bot, token, .. } = answer {
            show.emit(Some(Dialog::Secret(Secret {
                title: format!("Token of {}", bot.person.name).into(),
                text: "This token is shown once. Give it to the program, and to nobody else."
                    .into(),
                value: token.reveal().to_owned().into(),
                action: "Copy token".into(),
                is_link: false,
            })));
        }
    }
}

fn bot_row(ui: &Ui, reload: &Callback<()>, bot: &BotInfo) -> Html {
    let (person_id, name) = (bot.person.id, bot.person.name.clone());
    let own = ui
        .driver
        .view(|view| view.person.as_ref().map(|own| own.id));
    let of = (own != Some(bot.owner.id)).then(|| format!("of {}", bot.owner.name));
    let scopes: Vec<&str> = bot.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = match bot.last_used_at_ms {
        Some(at) => format!("last used {}", time::moment(at, ui.driver.now())),
        None => "never used".into(),
    };
    let notes = [of.unwrap_or_default(), scopes.join(", "), used];
    let renew = {
        let (ui, reload, name) = (ui.clone(), reload.clone(), name.clone());
        Item::new("New token", move |()| {
            let frame = ClientFrame::RenewBot {
                request_id: RequestId::default(),
                person_id,
            };
            let title = format!("Give {name} a new token?");
            let sheet = Sheet::new(title, "New token", move |_| Ok(frame.clone()));
            let sheet = sheet.text("The token of before stops working at once.");
            ui.ask(sheet.then(show_token(&ui, &reload)));
        })
    };
    let remove = {
        let (ui, reload, name) = (ui.clone(), reload.clone(), name.clone());
        Item::new("Remove", move |()| {
            let frame = ClientFrame::RemoveBot {
                request_id: RequestId::default(),
                person_id,
            };
            let reload = reload.clone();
            let sheet = Sheet::confirm(format!("Remove {name}?"), "Remove", frame)
                .text("Its token stops working. What it wrote stays.")
                .then(move |_| reload.emit(()));
            ui.ask(sheet);
        })
    };
    let menu = html! {
        <Menu label={format!("What to do with {name}")} items={vec![renew, remove.danger()]}>
            { icon(Icon::More) }
        </Menu>
    };
    row(
        person_id.to_string(),
        small_avatar(&bot.person, None),
        html! { { name } },
        &notes,
        menu,
    )
}
