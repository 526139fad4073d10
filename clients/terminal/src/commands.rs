//! What each command does.

mod account;
mod admin;
mod bots;
mod chat;
mod files;
mod get;
mod invite;
mod link;
mod messages;
mod people;
mod post;
mod requests;
mod rooms;
mod send;
mod sessions;
mod sign;
mod uploads;
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
        Command::Sync(sync) => send::sync(global, &sync, output).await,
        Command::Get(get) => get::run(global, get, output).await,
        Command::Who(who) => who::run(global, &who, output).await,
        Command::Dm(dm) => chat::direct(global, &dm, output).await,
        Command::SignIn(sign_in) => sign::sign_in(global, sign_in, output).await,
        Command::SignUp(sign_up) => sign::sign_up(global, sign_up, output).await,
        Command::Guest { name } => sign::guest(global, name, output).await,
        Command::SignOut => sign::sign_out(global, output).await,
        Command::Server => sign::server(global, output).await,
        Command::Request(request) => requests::run(global, request, output).await,
    }
}
