//! What may be asked of `chinwag`.

pub(crate) mod requests;
pub(crate) mod rooms;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use native::ServerAddress;
use shared::http::LINKS;
use shared::{FileId, Fingerprint, PersonName, RoomRef};

use crate::arguments::requests::{PasswordFile, Request};
use crate::failure::EXIT_CODES;

const SERVER_HELP: &str = "\
Where the server listens for native clients. It is reached with TLS where it speaks that, and never without where it did \
before. chinwags://HOST:PORT demands TLS; chinwag://HOST:PORT goes without, which another machine needs to be told once. A \
certificate that nobody else vouches for is remembered by its fingerprint, and another one refused";

const JSON_SHAPES: &str = "\
With --json every line of standard output is one object; fields are named as in PROTOCOL.md:
  chat           {\"type\":\"room_event\",\"room\":NAME,\"room_id\",\"sequence\",\"at_ms\",\"person\",\"event\"}
  post, send     {\"type\":\"message_accepted\",\"room\":NAME,\"room_id\",\"transaction_id\",\"sequence\"}
  send           before it, for each file: {\"type\":\"file\",\"url\",\"file_id\",\"name\",\"size_bytes\",…}
  get            {\"type\":\"downloaded\",\"path\",\"file_id\",\"name\",\"size_bytes\",\"content_hash\"}
  rooms          {\"type\":\"room\",\"room_id\",\"name\",\"topic\",\"kind\",\"members\",\"joined\",\"unread\",\"mentions\",…}
  who            {\"type\":\"member\",\"room\":NAME,\"room_id\",\"person\":{\"id\",\"name\"},\"online\"}
  members        the same, with \"presence\" and \"role\"
  sign-in        {\"type\":\"signed_in\",\"server\",\"person\":{\"id\",\"name\"},\"role\"}; sign-up and guest likewise
  sign-out       {\"type\":\"signed_out\",\"server\"}
  account, …     what the server answered: {\"type\":\"profile\",…}, a {\"type\":\"session\",…} for each, …
  what changes   {\"type\":\"done\"}
  all, failing   {\"type\":\"error\",\"exit_code\",\"code\",\"message\"}";

/// Team chat and files from a terminal, for people and for scripts
#[derive(Debug, Parser)]
#[command(name = "chinwag", version, after_help = EXIT_CODES, after_long_help = format!("{EXIT_CODES}\n\n{JSON_SHAPES}"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Of this process; ends it where they are not understood.
    pub(crate) fn read() -> Self {
        Self::parse_from(with_plain_ids(std::env::args_os()))
    }
}

/// One file's id in 64 begins with `-` and would be taken for options; as the end of a link it is not.
fn with_plain_ids(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut gets = false;
    let plain = |argument: OsString| {
        gets |= argument == "get";
        match argument.to_str() {
            Some(text) if gets && text.starts_with('-') && text.parse::<FileId>().is_ok() => {
                format!("{LINKS}/{text}").into()
            }
            Some(_) | None => argument,
        }
    };
    arguments.map(plain).collect()
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Where the server listens for native clients
    #[arg(
        long,
        short,
        global = true,
        env = "CHINWAG_SERVER",
        value_name = "HOST[:PORT]",
        default_value = "127.0.0.1:7878",
        long_help = SERVER_HELP
    )]
    pub(crate) server: ServerAddress,
    /// Take the server's certificate only if it has this SHA-256 fingerprint, and remember it
    #[arg(
        long,
        global = true,
        env = "CHINWAG_FINGERPRINT",
        value_name = "AB:CD:…"
    )]
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Who you are; the name is yours from its first use with this profile
    #[arg(long, short, global = true)]
    pub(crate) name: Option<PersonName>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Give up when nothing moved for so many seconds; 0 tries to connect only once
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        default_value = "30",
        value_parser = seconds
    )]
    pub(crate) timeout: Duration,
    /// Where browsers find the server, for links [default: what the server says]
    #[arg(long, global = true, env = "CHINWAG_WEB", value_name = "URL")]
    pub(crate) web: Option<String>,
    /// Where sessions and unsent messages are kept [default: chinwag in the configuration folder]
    #[arg(
        long,
        global = true,
        env = "CHINWAG_PROFILE_DIR",
        value_name = "FOLDER"
    )]
    pub(crate) profile_dir: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| duration.as_secs() <= 86_400)
        .ok_or_else(|| "a number of seconds from 0 to 86400 is needed".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Talk in a room, line by line; reads a pipe as well
    Chat(Chat),
    /// Send one message, from the arguments or from standard input
    Post(Post),
    /// Send files and folders to a room and print their links; a broken-off one goes on where it was
    Send(Send),
    /// Send what is new or has changed in a folder to a room
    Sync(Sync),
    /// Fetch a file by its link, verified; a broken-off one goes on where it was
    Get(Get),
    /// List the people of a room, or who is online
    Who(Who),
    /// Talk with one person or a few, in private
    Dm(Dm),
    /// Come in with your account, and stay signed in for later commands
    SignIn(SignIn),
    /// Make an account, or choose another password by an admin's link
    SignUp(SignUp),
    /// Come in with nothing but a name, where the server lets you
    Guest {
        /// 1 to 32 characters that nobody else has taken
        #[arg(id = "new_name", value_name = "NAME")]
        name: PersonName,
    },
    /// Sign out of the server; a guest's name is given up
    SignOut,
    /// Show what the server is, and whom it lets in
    Server,
    #[command(flatten)]
    Request(Request),
}

impl Command {
    /// Whether it goes on where it was when it is given again.
    pub(crate) fn goes_on(&self) -> bool {
        match self {
            Self::Send(_) | Self::Sync(_) | Self::Get(_) => true,
            Self::Chat(_)
            | Self::Post(_)
            | Self::Who(_)
            | Self::Dm(_)
            | Self::SignIn(_)
            | Self::SignUp(_)
            | Self::Guest { .. }
            | Self::SignOut
            | Self::Server
            | Self::Request(_) => false,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The room's name or id; it is joined if needed
    #[arg(default_value = "lobby")]
    pub(crate) room: RoomRef,
    /// Create the room where there is none
    #[arg(long)]
    pub(crate) create: bool,
    /// Messages of before to show
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) history: u64,
    /// Go on listening when standard input has ended
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Post {
    /// The room's name or id; it is joined if needed
    pub(crate) room: RoomRef,
    /// The message; where it is left out, and nothing is attached, standard input is
    pub(crate) text: Vec<String>,
    /// Attach a file; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) attach: Vec<PathBuf>,
    /// Create the room where there is none
    #[arg(long)]
    pub(crate) create: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Files, folders, and - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What to call what comes from standard input
    #[arg(long = "as", value_name = "NAME", default_value = "standard input")]
    pub(crate) called: String,
    /// The room's name or id; it is joined if needed
    #[arg(long, short, default_value = "lobby")]
    pub(crate) room: RoomRef,
    /// A text to go with the files
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Create the room where there is none
    #[arg(long)]
    pub(crate) create: bool,
    /// Upload and print the links, but post nothing
    #[arg(long, conflicts_with_all = ["message", "room", "create"])]
    pub(crate) no_post: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    pub(crate) folder: PathBuf,
    /// The room's name or id; it is joined if needed
    pub(crate) room: RoomRef,
    /// Create the room where there is none
    #[arg(long)]
    pub(crate) create: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// A link that starts with https:// or http://, its part from /files/ on, or the id of the file
    pub(crate) link: String,
    /// The file or folder to write; a file that is there already is never overwritten
    #[arg(long, short, value_name = "PATH", default_value = "downloads/")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The room's name or id; where it is left out, everyone who is online
    pub(crate) room: Option<RoomRef>,
}

#[derive(Debug, Args)]
pub(crate) struct Dm {
    /// Their names or ids
    #[arg(required = true, value_name = "PERSON")]
    pub(crate) people: Vec<String>,
    /// Send this and go
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Messages of before to show
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) history: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SignIn {
    /// The account's
    #[arg(id = "new_name", value_name = "NAME")]
    pub(crate) name: Option<PersonName>,
    #[command(flatten)]
    pub(crate) password: PasswordFile,
}

#[derive(Debug, Args)]
pub(crate) struct SignUp {
    /// 1 to 32 characters that nobody else has taken
    #[arg(id = "new_name", value_name = "NAME")]
    pub(crate) name: Option<PersonName>,
    /// The link that somebody sent you
    #[arg(long, value_name = "LINK")]
    pub(crate) invitation: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordFile,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(arguments: &[&str]) -> Option<String> {
        let arguments = arguments.iter().map(OsString::from);
        match Arguments::try_parse_from(with_plain_ids(arguments))
            .ok()?
            .command
        {
            Command::Get(get) => Some(get.link),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_id_is_an_id_whatever_it_begins_with() {
        let id = "-oAAAAAAAAAAAAAAAAAAAA";
        let expected = Some(format!("/files/{id}"));
        assert_eq!(link(&["chinwag", "get", id]), expected);
        assert_eq!(
            link(&["chinwag", "-q", "get", "-ofolder", id, "--json"]),
            expected
        );
        assert_eq!(
            link(&["chinwag", "get", "-oout", "x"]),
            Some("x".to_owned())
        );
        assert_eq!(link(&["chinwag", "get", "-z"]), None);
    }

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
