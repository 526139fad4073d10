//! What a person does by the server, as every screen shows it: buttons and lines of menus, the forms and questions
//! that come before a request, and what comes after it.

use std::fmt;
use std::rc::Rc;

use shared::{ClientFrame, FileInfo, RoomId, ServerFrame};

use crate::api::Command;
use crate::present::form::{Field, Values};
use crate::present::panel::{Asked, Topic};

type MakeFrame = dyn Fn(&Values) -> Result<ClientFrame, String>;
type Then = dyn Fn(&ServerFrame) -> Option<Next>;

/// How much something calls for being pressed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    #[default]
    Plain,
    /// What it is all for.
    Primary,
    /// What cannot be undone.
    Danger,
}

/// What comes once a request has succeeded.
#[derive(Debug)]
pub enum Next {
    /// Something that a person should know and need not answer.
    Say(String),
    /// One of one's rooms opens.
    Open(RoomId),
    /// The room that everyone is in opens.
    OpenLobby,
    /// Something that is shown this once.
    Reveal(Reveal),
    /// There is more to ask.
    Ask(Rc<Sheet>),
    /// The core has something to do.
    Do(Command),
}

/// A link or a token that is shown once, to be copied or, by a camera, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    pub title: String,
    pub text: String,
    /// A token, or the path of a link on this server.
    pub value: String,
    /// What the button says that copies it.
    pub action: &'static str,
    /// Of use to a camera too.
    pub is_link: bool,
}

/// What is asked of a person before it is asked of the server. Whatever cannot be undone is asked for in this way,
/// naming the thing.
pub struct Sheet {
    pub title: String,
    /// May be empty.
    pub text: String,
    /// What the button says.
    pub action: String,
    pub weight: Weight,
    /// What a camera reads, and the same to be typed.
    pub code: Option<(String, String)>,
    pub fields: Vec<Field>,
    frame: Box<MakeFrame>,
    then: Box<Then>,
}

impl Sheet {
    /// `frame` is the request, or why what was filled in is none.
    pub fn new(
        title: impl Into<String>,
        action: impl Into<String>,
        frame: impl Fn(&Values) -> Result<ClientFrame, String> + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            text: String::new(),
            action: action.into(),
            weight: Weight::Primary,
            code: None,
            fields: Vec::new(),
            frame: Box::new(frame),
            then: Box::new(|_| None),
        }
    }

    /// Asks whether to send this, which cannot be undone.
    pub fn confirm(
        title: impl Into<String>,
        action: impl Into<String>,
        frame: ClientFrame,
    ) -> Self {
        Self::new(title, action, move |_| Ok(frame.clone())).danger()
    }

    /// With an explanation.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Shows `text` as a QR code, and `typed` for those without a camera.
    pub fn code(mut self, text: &str, typed: &str) -> Self {
        self.code = Some((text.to_owned(), typed.to_owned()));
        self
    }

    /// It cannot be undone.
    pub fn danger(mut self) -> Self {
        self.weight = Weight::Danger;
        self
    }

    /// With these as well.
    pub fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    /// With what comes after it.
    pub fn then(mut self, then: impl Fn(&ServerFrame) -> Option<Next> + 'static) -> Self {
        self.then = Box::new(then);
        self
    }

    /// With something to be said after it.
    pub fn then_say(self, text: &'static str) -> Self {
        self.then(move |_| Some(Next::Say(text.into())))
    }

    /// The request, or why what was filled in is none, for people.
    pub fn frame(&self, values: &Values) -> Result<ClientFrame, String> {
        (self.frame)(values)
    }

    /// What comes after it, now that the server has said this.
    pub fn next(&self, answer: &ServerFrame) -> Option<Next> {
        (self.then)(answer)
    }
}

impl fmt::Debug for Sheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sheet")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

/// What is sent at once.
#[derive(Clone)]
pub struct Request {
    pub frame: ClientFrame,
    then: Rc<Then>,
}

impl Request {
    /// With nothing after it.
    pub fn new(frame: ClientFrame) -> Self {
        Self {
            frame,
            then: Rc::new(|_| None),
        }
    }

    /// With what comes after it.
    pub fn then(mut self, then: impl Fn(&ServerFrame) -> Option<Next> + 'static) -> Self {
        self.then = Rc::new(then);
        self
    }

    /// What comes after it, now that the server has said this.
    pub fn next(&self, answer: &ServerFrame) -> Option<Next> {
        (self.then)(answer)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(&self.frame).finish()
    }
}

/// What a button or a line of a menu does.
#[derive(Debug, Clone)]
pub enum Deed {
    /// Asks for more, or whether it is meant.
    Ask(Rc<Sheet>),
    /// Sends a request at once.
    Send(Request),
    /// Asks the panel for another page.
    Turn(Asked),
    /// Opens one of one's rooms.
    Open(RoomId),
    /// Shows who may be added to a room.
    AddPeople(RoomId),
    /// Shows a panel over what there is.
    Show(Topic),
    /// Puts a text on the clipboard.
    Copy(String),
    /// Downloads a file.
    Save(Box<FileInfo>),
    /// Puts a file's link on the clipboard.
    CopyLink(Box<FileInfo>),
}

/// One thing to do, as a button or a line of a menu.
#[derive(Debug, Clone)]
pub struct Item {
    pub text: String,
    pub weight: Weight,
    /// Of several, whether it is the one that holds.
    pub chosen: Option<bool>,
    pub deed: Deed,
}

impl Item {
    /// A plain one.
    pub fn new(text: impl Into<String>, deed: Deed) -> Self {
        Self {
            text: text.into(),
            weight: Weight::Plain,
            chosen: None,
            deed,
        }
    }

    /// One that asks first.
    pub fn ask(text: impl Into<String>, sheet: Sheet) -> Self {
        Self::new(text, Deed::Ask(Rc::new(sheet)))
    }

    /// One that is done at once.
    pub fn send(text: impl Into<String>, frame: ClientFrame) -> Self {
        Self::new(text, Deed::Send(Request::new(frame)))
    }

    /// It cannot be undone.
    pub fn danger(mut self) -> Self {
        self.weight = Weight::Danger;
        self
    }

    /// It is what all is for.
    pub fn primary(mut self) -> Self {
        self.weight = Weight::Primary;
        self
    }

    /// One of several, of which one holds.
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = Some(chosen);
        self
    }
}
