//! `chinwag bots`: programs that act for a person.

use serde_json::json;
use shared::account::{BotInfo, CreateBot};
use shared::names::key;
use shared::{ClientFrame, PersonId, RequestId, Scope, Secret, ServerFrame};

use crate::arguments::requests::{Bots, BotsChange};
use crate::commands::requests::have_done;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn run(
    session: &mut Session,
    bots: Bots,
    output: &mut Output,
) -> Result<(), Failure> {
    match bots.what {
        None => {
            for bot in list(session, output).await? {
                output.object("bot", &bot)?;
                output.line(&row(&bot))?;
            }
            Ok(())
        }
        Some(BotsChange::Create { name, scopes }) => {
            let create = ClientFrame::CreateBot(CreateBot {
                request_id: REQUEST,
                name,
                scopes,
            });
            told_token(session, create, output).await
        }
        Some(BotsChange::Renew { bot }) => {
            let renew = ClientFrame::RenewBot {
                request_id: REQUEST,
                person_id: named(session, &bot, output).await?,
            };
            told_token(session, renew, output).await
        }
        Some(BotsChange::Remove { bot }) => {
            let remove = ClientFrame::RemoveBot {
                request_id: REQUEST,
                person_id: named(session, &bot, output).await?,
            };
            have_done(session, remove, "The bot is gone.", output).await
        }
    }
}

async fn list(session: &mut Session, output: &mut Output) -> Result<Vec<BotInfo>, Failure> {
    let ask = ClientFrame::ListBots {
        request_id: REQUEST,
    };
    match session.ask(output, ask).await? {
        ServerFrame::BotsListed { bots, .. } => Ok(bots),
        _ => Err(unexpected()),
    }
}

/// Has a token made and prints it, which happens this once.
async fn told_token(
    session: &mut Session,
    frame: ClientFrame,
    output: &mut Output,
) -> Result<(), Failure> {
    let ServerFrame::BotCreated { bot, token, .. } = session.ask(output, frame).await? else {
        return Err(unexpected());
    };
    print_token(&bot, &token, output)
}

fn print_token(bot: &BotInfo, token: &Secret, output: &mut Output) -> Result<(), Failure> {
    output.object("bot_created", json!({"bot": bot, "token": token}))?;
    let name = &bot.person.name;
    output.note(&format!("the token of {name}; it is not shown again:"));
    output.line(&text::line(token.reveal()))
}

async fn named(
    session: &mut Session,
    wanted: &str,
    output: &mut Output,
) -> Result<PersonId, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    let bots = list(session, output).await?;
    let mut same = bots
        .iter()
        .filter(|bot| key(&bot.person.name) == key(wanted));
    same.next().map(|bot| bot.person.id).ok_or_else(|| {
        Failure::refused(format!(
            "there is no bot called {wanted}; chinwag bots lists them"
        ))
    })
}

fn row(bot: &BotInfo) -> String {
    let name = text::line(&bot.person.name);
    let owner = text::line(&bot.owner.name);
    let scopes: Vec<&str> = bot.scopes.iter().copied().map(Scope::as_str).collect();
    let used = match bot.last_used_at_ms {
        Some(at) => format!("last used {}", text::when(at)),
        None => "never used".to_owned(),
    };
    format!("{name:<20} of {owner:<20} {:<16} {used}", scopes.join(", "))
}
