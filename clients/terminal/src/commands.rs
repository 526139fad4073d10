//! What each command does.

mod chat;
mod get;
mod post;
mod rooms;
mod send;
mod sign;
mod who;

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) use chat::terminal::TerminalMode;

pub(crate) async fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let global = &arguments.global;
    match arguments.command {
        Command::Chat(chat) => chat::run(global, &chat, output).await,
        Command::Post(post) => post::run(global, post, output).await,
        Command::Send(send) => send::run(global, &send, output).await,
        Command::Get(get) => get::run(global, get, output).await,
        Command::Rooms => rooms::run(global, output).await,
        Command::Who(who) => who::run(global, &who, output).await,
        Command::SignIn { name } => sign::sign_in(global, name, output).await,
        Command::SignOut => sign::sign_out(global, output),
    }
}
