//! Programs that talk under names of their own.

use shared::account::{BotInfo, CreateBot};
use shared::frame::Person;
use shared::limits::PERSON_NAME_CHARS_MAX;
use shared::{ClientFrame, Scope, ServerFrame};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::form::Field;
use crate::present::people;
use crate::present::sheet::{Item, Next, Reveal, Sheet};

pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::BotsListed { bots, .. } = answer else {
        return None;
    };
    Some(vec![
        Part::Text(
            "A bot is a program that reads and writes under a name of its own, with a token in place of a password.",
        ),
        Part::List {
            rows: bots.iter().map(|bot| row(eyes, bot)).collect(),
            empty: "You have no bots.",
        },
        Part::Buttons(vec![Item::ask("New bot", create())]),
    ])
}

fn create() -> Sheet {
    let scopes = Scope::ALL.map(|scope| {
        let on = scope != Scope::Rooms;
        Field::switch(scope.as_str(), people::scope(scope), on)
    });
    let name = Field::line("name", "Name").chars_max(PERSON_NAME_CHARS_MAX);
    Sheet::new("New bot", "Create bot", |values| {
        let scopes = Scope::ALL.into_iter();
        Ok(ClientFrame::CreateBot(CreateBot {
            request_id: request_id(),
            name: values.text("name"),
            scopes: scopes
                .filter(|scope| values.is_on(scope.as_str()))
                .collect(),
        }))
    })
    .fields([name.example("build-bot")])
    .fields(scopes)
    .then(shown_token)
}

fn shown_token(answer: &ServerFrame) -> Option<Next> {
    match answer {
        ServerFrame::BotCreated { bot, token, .. } => Some(Next::Reveal(Reveal {
            title: format!("Token of {}", bot.person.name),
            text: "This token is shown once. Give it to the program, and to nobody else.".into(),
            value: token.reveal().to_owned(),
            action: "Copy token",
            is_link: false,
        })),
        _ => None,
    }
}

fn row(eyes: &Eyes<'_>, bot: &BotInfo) -> Row {
    let of = (eyes.own() != Some(bot.owner.id)).then(|| format!("of {}", bot.owner.name));
    let scopes: Vec<&str> = bot.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = match bot.last_used_at_ms {
        Some(at) => format!("last used {}", eyes.moment(at)),
        None => "never used".into(),
    };
    let items = vec![
        Item::ask("New token", renew(&bot.person)),
        Item::ask("Remove", remove(&bot.person)).danger(),
    ];
    let lead = Lead::Person(bot.person.clone());
    Row::new(bot.person.id, lead, &bot.person.name)
        .notes([of.unwrap_or_default(), scopes.join(", "), used])
        .items(Items::Menu(items))
}

fn renew(bot: &Person) -> Sheet {
    let frame = ClientFrame::RenewBot {
        request_id: request_id(),
        person_id: bot.id,
    };
    let title = format!("Give {} a new token?", bot.name);
    Sheet::new(title, "New token", move |_| Ok(frame.clone()))
        .text("The token of before stops working at once.")
        .then(shown_token)
}

fn remove(bot: &Person) -> Sheet {
    let frame = ClientFrame::RemoveBot {
        request_id: request_id(),
        person_id: bot.id,
    };
    Sheet::confirm(format!("Remove {}?", bot.name), "Remove", frame)
        .text("Its token stops working. What it wrote stays.")
}
