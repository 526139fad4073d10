//! Pictures of people, as far as they are known: asked for once, one at a time, and only of those on the screen.

use std::collections::{HashMap, VecDeque};

use client::{Change, ConnectionState};
use shared::account::Profile;
use shared::http::file_of_link;
use shared::{ClientFrame, ErrorCode, FileId, PersonId, RequestId, ServerFrame};

use super::Env;
use super::request::Request;
use crate::widgets::faces;

/// People who are asked for in the life of a window, at most.
const ASKED_MAX: usize = 500;

#[derive(Default)]
pub(super) struct Faces {
    /// The picture, where there is one; of everybody who was asked for.
    known: HashMap<PersonId, Option<FileId>>,
    wanted: VecDeque<PersonId>,
    /// Who is being asked for.
    asked: Option<PersonId>,
    request: Request,
}

impl Faces {
    /// Takes in what the server said of people, whoever asked.
    pub(super) fn changed(&mut self, changes: &[Change]) {
        for change in changes {
            self.request.changed(change);
            let lost = self.request.problem.take();
            // Whoever is gone has no picture; after a lost connection it is tried again.
            if lost.is_some_and(|problem| problem.code == ErrorCode::TimedOut)
                && let Some(person_id) = self.asked
            {
                self.known.remove(&person_id);
            }
            if let Change::Answered { answer, .. } = change
                && let ServerFrame::ProfileDescribed { profile, .. } = &**answer
            {
                self.learn(profile);
            }
        }
    }

    fn learn(&mut self, profile: &Profile) {
        let picture = profile.avatar.as_deref().and_then(file_of_link);
        self.known.insert(profile.person.id, picture);
    }

    /// Has the pictures ready of those who were on the screen with the last frame.
    pub(super) fn look(&mut self, env: &Env<'_>, ctx: &eframe::egui::Context) {
        for person_id in faces::take_seen(ctx) {
            match self.known.get(&person_id) {
                Some(Some(file_id)) => {
                    let texture = env.files.face(*file_id);
                    faces::set(ctx, person_id, texture);
                }
                Some(None) => faces::set(ctx, person_id, None),
                None => self.want(person_id),
            }
        }
        let online = env.view(|view| view.connection == ConnectionState::Online);
        if self.request.waits() || !online {
            return;
        }
        if let Some(person_id) = self.wanted.pop_front() {
            let request_id = RequestId(0);
            let describe = ClientFrame::DescribePerson {
                request_id,
                person_id,
            };
            self.request.send(env, describe);
            self.asked = Some(person_id);
            self.known.insert(person_id, None);
        }
    }

    fn want(&mut self, person_id: PersonId) {
        let full = self.known.len() + self.wanted.len() >= ASKED_MAX;
        if !full && !self.wanted.contains(&person_id) {
            self.wanted.push_back(person_id);
        }
    }
}
