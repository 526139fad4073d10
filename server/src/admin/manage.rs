//! `chinwag-server admin …`: people, rooms, settings and what was done, asked of the database or of the server that has
//! it open.

use std::io::Write;

use serde_json::Value;
use shared::account::CreateInvitation;
use shared::admin::{CloseReport, ListPeople, RemovePerson};
use shared::{ClientFrame, ErrorCode, PersonId, ReportId, RequestId, Role, RoomRef, ServerFrame};

use super::{Verdict, say};
use crate::Config;
use crate::operator::{AskError, Line, OperatorReply, OperatorRequest, OwnRequest};
use crate::store::InspectError;

mod settings;
mod tables;
mod verify;

use settings::SettingKey;

/// Of all requests: a command has one at a time.
const NONE: RequestId = RequestId(0);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is asked, and how it is answered.
#[derive(Debug, Clone, clap::Args)]
pub struct Manage {
    #[command(subcommand)]
    task: Task,
    /// Print the reply as a JSON object, as PROTOCOL.md describes it
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Task {
    /// List everyone, or those whose names hold a text
    People {
        /// A part of their names
        #[arg(default_value = "")]
        query: String,
    },
    /// Change what somebody is
    Role {
        /// Whose role it is
        name: String,
        /// owner, admin, member or guest
        role: String,
    },
    /// Print a link by which somebody chooses another password; good for a day, and once
    ResetPassword {
        /// Who has lost it
        name: String,
    },
    /// Print a link by which people make accounts
    Invite {
        /// Lead them into this room as well
        #[arg(long)]
        room: Option<RoomRef>,
        /// How many may follow it
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How long it is good
        #[arg(long, default_value_t = 7)]
        days: u32,
    },
    /// Print a link that makes the opener the owner of a server that has none; good once
    OwnerLink,
    /// List where somebody is signed in
    Sessions {
        /// Whose sessions
        name: String,
        /// End them all instead
        #[arg(long)]
        end: bool,
    },
    /// Remove somebody for good: account, sessions, memberships and bots
    Remove {
        /// Who is to go
        name: String,
        /// Also remove all that they and their bots have written
        #[arg(long)]
        messages: bool,
    },
    /// List all rooms that are no direct messages
    Rooms,
    /// Show what the server lets people do, or change it
    Settings {
        /// What is to change
        #[arg(requires = "value")]
        key: Option<SettingKey>,
        /// What it is from now on
        value: Option<String>,
    },
    /// Show what is stored
    Storage,
    /// Show messages that people asked to look at, or close such a report
    Reports {
        /// Close the report of this id, and all others of the same message
        #[arg(long, value_name = "ID")]
        close: Option<ReportId>,
        /// Remove its message as well
        #[arg(long, requires = "close")]
        remove_message: bool,
    },
    /// Show who did what, the newest first
    Audit {
        /// Instead of showing it, check that nothing in it was changed or taken out
        #[arg(long)]
        verify: bool,
        /// How many entries
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
        last: u16,
    },
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManageError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("cannot start: {0}")]
    Runtime(#[source] std::io::Error),
    #[error("{value:?} is no value of {key}; {possible}")]
    Value {
        key: &'static str,
        value: String,
        possible: &'static str,
    },
    #[error("nobody is called {0:?}; chinwag-server admin people lists everyone")]
    Nobody(String),
    #[error("the server answered with something else")]
    Strange,
}

pub(super) fn run(
    config: &Config,
    manage: Manage,
    out: &mut dyn Write,
) -> Result<Verdict, ManageError> {
    if let Task::Audit { verify: true, .. } = manage.task {
        return verify::run(config, out);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(ManageError::Runtime)?;
    runtime.block_on(async {
        let mut desk = Desk {
            line: Line::open(config).await?,
            json: manage.json,
            out,
        };
        let done = desk.work(manage.task).await;
        desk.line.close().await;
        done.map(|()| Verdict::Clean)
    })
}

struct Desk<'a> {
    line: Line,
    json: bool,
    out: &'a mut dyn Write,
}

impl Desk<'_> {
    async fn work(&mut self, task: Task) -> Result<(), ManageError> {
        match task {
            Task::People { query } => self.people(query).await,
            Task::Role { name, role } => self.set_role(name, &role).await,
            Task::ResetPassword { name } => {
                let request = ClientFrame::ResetPassword {
                    request_id: NONE,
                    person_id: self.find(&name).await?,
                };
                self.show(request).await
            }
            Task::Invite { room, uses, days } => {
                let request = OwnRequest::CreateInvitation(CreateInvitation {
                    request_id: NONE,
                    room,
                    expires_in_ms: Some(u64::from(days) * DAY_MS),
                    uses_max: Some(uses),
                });
                self.show_own(request).await
            }
            Task::OwnerLink => self.show_own(OwnRequest::CreateOwnersLink {}).await,
            Task::Sessions { name, end: false } => {
                let person_id = self.find(&name).await?;
                self.show_own(OwnRequest::ListSessions { person_id }).await
            }
            Task::Sessions { name, end: true } => {
                let request = ClientFrame::SignOutPerson {
                    request_id: NONE,
                    person_id: self.find(&name).await?,
                };
                self.do_it(request, &format!("{name} is signed out everywhere"))
                    .await
            }
            Task::Remove { name, messages } => {
                let request = ClientFrame::RemovePerson(RemovePerson {
                    request_id: NONE,
                    person_id: self.find(&name).await?,
                    messages,
                });
                self.do_it(request, &format!("{name} is removed")).await
            }
            Task::Rooms => {
                let request = ClientFrame::ListAllRooms { request_id: NONE };
                self.show(request).await
            }
            Task::Settings { key, value } => match key.zip(value) {
                Some((key, value)) => {
                    let request = key.change(&value)?;
                    self.show(ClientFrame::ChangeSettings(request)).await
                }
                None => {
                    let request = ClientFrame::DescribeSettings { request_id: NONE };
                    self.show(request).await
                }
            },
            Task::Storage => {
                let request = ClientFrame::DescribeStorage { request_id: NONE };
                self.show(request).await
            }
            Task::Reports { close: None, .. } => {
                let request = ClientFrame::ListReports { request_id: NONE };
                self.show(request).await
            }
            Task::Reports {
                close: Some(report_id),
                remove_message,
            } => {
                let request = ClientFrame::CloseReport(CloseReport {
                    request_id: NONE,
                    report_id,
                    remove_message,
                });
                self.do_it(request, "the report is closed").await
            }
            Task::Audit { last, .. } => self.audit(last.into()).await,
        }
    }

    async fn ask(&mut self, request: ClientFrame) -> Result<OperatorReply, ManageError> {
        let request = OperatorRequest::Frame(Box::new(request));
        Ok(self.line.ask(request).await?)
    }

    /// Asks, and prints the answer.
    async fn show(&mut self, request: ClientFrame) -> Result<(), ManageError> {
        let answer = self.ask(request).await?;
        self.print(&answer)
    }

    async fn show_own(&mut self, request: OwnRequest) -> Result<(), ManageError> {
        let reply = self.line.ask(OperatorRequest::Own(request)).await?;
        self.print(&reply)
    }

    /// Asks for what is answered by `done`.
    async fn do_it(&mut self, request: ClientFrame, done: &str) -> Result<(), ManageError> {
        let answer = self.ask(request).await?;
        match answer.reply {
            ServerFrame::Done { .. } if self.json => self.print(&answer),
            ServerFrame::Done { .. } => {
                say(self.out, done);
                Ok(())
            }
            _other => Err(ManageError::Strange),
        }
    }

    /// Whose name this is.
    async fn find(&mut self, name: &str) -> Result<PersonId, ManageError> {
        let request = OwnRequest::FindPerson {
            name: name.to_owned(),
        };
        let answer = match self.line.ask(OperatorRequest::Own(request)).await {
            Err(AskError::Refused(refusal)) if refusal.code == ErrorCode::PersonNotFound => {
                return Err(ManageError::Nobody(name.to_owned()));
            }
            answered => answered?,
        };
        match answer.reply {
            ServerFrame::PeopleListed { people, .. } if people.len() == 1 => {
                Ok(people[0].person.id)
            }
            _other => Err(ManageError::Strange),
        }
    }

    async fn people(&mut self, query: String) -> Result<(), ManageError> {
        let mut all = Vec::new();
        let mut after = None;
        let origin = loop {
            let request = ClientFrame::ListPeople(ListPeople {
                request_id: NONE,
                query: query.clone(),
                after,
            });
            let OperatorReply { reply, origin } = self.ask(request).await?;
            let ServerFrame::PeopleListed { people, more, .. } = reply else {
                return Err(ManageError::Strange);
            };
            all.extend(people);
            after = all.last().map(|record| record.person.name.clone());
            if !more {
                break origin;
            }
        };
        let reply = ServerFrame::PeopleListed {
            request_id: NONE,
            people: all,
            more: false,
        };
        self.print(&OperatorReply { reply, origin })
    }

    async fn set_role(&mut self, name: String, role: &str) -> Result<(), ManageError> {
        let known = Role::ALL.into_iter().find(|known| known.as_str() == role);
        let role = known.ok_or(ManageError::Value {
            key: "a role",
            value: role.to_owned(),
            possible: "there are owner, admin, member and guest",
        })?;
        let request = ClientFrame::SetRole {
            request_id: NONE,
            person_id: self.find(&name).await?,
            role,
        };
        self.do_it(request, &format!("{name} is {} now", role.as_str()))
            .await
    }

    async fn audit(&mut self, last: usize) -> Result<(), ManageError> {
        let mut all = Vec::new();
        let mut before = None;
        let origin = loop {
            let request = ClientFrame::ReadAuditLog {
                request_id: NONE,
                before,
            };
            let OperatorReply { reply, origin } = self.ask(request).await?;
            let ServerFrame::AuditPage { entries, .. } = reply else {
                return Err(ManageError::Strange);
            };
            before = entries.last().map(|entry| entry.sequence);
            all.extend(entries);
            if before.is_none() || all.len() >= last {
                break origin;
            }
        };
        all.truncate(last);
        let reply = ServerFrame::AuditPage {
            request_id: NONE,
            entries: all,
        };
        self.print(&OperatorReply { reply, origin })
    }

    fn print(&mut self, answer: &OperatorReply) -> Result<(), ManageError> {
        let OperatorReply { reply, origin } = answer;
        if self.json {
            let mut object = serde_json::to_value(reply).map_err(|_| ManageError::Strange)?;
            if let Value::Object(fields) = &mut object {
                fields.remove("request_id");
                if let ServerFrame::InvitationCreated { token, .. } = reply {
                    fields.insert("link".to_owned(), tables::link(origin, token).into());
                }
            }
            say(self.out, &object.to_string());
            return Ok(());
        }
        let lines = tables::lines(reply, origin).ok_or(ManageError::Strange)?;
        lines.iter().for_each(|line| say(self.out, line));
        Ok(())
    }
}
