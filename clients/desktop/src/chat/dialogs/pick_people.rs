//! Choosing people: to talk with, or to add to a room.

use client::present::icon::Icon;
use client::present::picking::{self, Picking};
use client::present::sheet::{Deed, Request as Sent, Weight};
use client::{Change, present::people};
use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{
    Align, Id, Layout, Rect, Response, ScrollArea, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use shared::account::Profile;
use shared::{RoomId, ServerFrame};

use super::First;
use crate::chat::ask_form::Done;
use crate::chat::request::Request;
use crate::chat::{Env, Wish};
use crate::theme::{icons, space};
use crate::widgets::{
    Roving, button, inner_focus_ring, label, line, paint_avatar, paint_presence, problem,
    quiet_button, region, search,
};

const ROW: f32 = 40.0;
const LIST: f32 = 320.0;

pub(super) struct PickPeople {
    room_id: Option<RoomId>,
    /// Made when it is first shown.
    picking: Option<Picking>,
    wanted: String,
    asked: Option<String>,
    search: Request,
    found: Option<Vec<Profile>>,
    opening: Request,
    roving: Roving,
    first: First,
}

impl PickPeople {
    /// To be added to this room; without one, a conversation begins.
    pub(super) fn new(room_id: Option<RoomId>) -> Self {
        Self {
            room_id,
            picking: None,
            wanted: String::new(),
            asked: None,
            search: Request::default(),
            found: None,
            opening: Request::default(),
            roving: Roving::default(),
            first: First::default(),
        }
    }

    pub(super) fn title(&mut self, env: &Env<'_>) -> String {
        self.picking(env).title.clone()
    }

    fn picking(&mut self, env: &Env<'_>) -> &mut Picking {
        let room_id = self.room_id;
        self.picking
            .get_or_insert_with(|| env.view(|view| Picking::new(view, room_id)))
    }

    pub(super) fn changed(&mut self, change: &Change) -> Option<Done> {
        if let Some(ServerFrame::PeopleFound { people, .. }) = self.search.changed(change) {
            self.found = Some(people);
        }
        let answer = self.opening.changed(change)?;
        Some(Done(picking::opened(&answer)))
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let id = ui.scope_id().with("wanted");
        self.first.give(ui, id);
        let names = ("Search people", "Search by name");
        search(ui, theme, id, names, &mut self.wanted);
        if self.asked.as_ref() != Some(&self.wanted) {
            self.asked = Some(self.wanted.clone());
            self.search.send(env, picking::find(&self.wanted));
        }
        self.show_chosen(ui, env);
        self.show_found(ui, env);
        let trouble = self.opening.trouble().or(self.search.trouble());
        problem(ui, theme, trouble);
        let waits = self.opening.waits();
        let picking = self.picking(env);
        let (action, ready) = (picking.action(), !waits && !picking.chosen.is_empty());
        let pressed = ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let act = |ui: &mut Ui| button(ui, theme, Weight::Primary, action);
            ui.add_enabled_ui(ready, act).inner.clicked()
        });
        if pressed.inner {
            self.submit(env);
        }
    }

    fn submit(&mut self, env: &Env<'_>) {
        let frames = self.picking(env).frames().into_iter();
        if self.room_id.is_none() {
            frames.for_each(|frame| self.opening.send(env, frame));
            return;
        }
        // Each is added or refused on its own.
        for frame in frames {
            env.wish(Wish::Perform(Deed::Send(Sent::new(frame))));
        }
        env.wish(Wish::CloseDialog);
    }

    fn show_chosen(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let chosen = self.picking(env).chosen.clone();
        if chosen.is_empty() {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            region(ui, Role::List, "Chosen");
            for person in &chosen {
                let name = &person.name;
                let out = quiet_button(ui, theme, Icon::Close, name, theme.text, true);
                ui.ctx().accesskit_node_builder(out.id, |node| {
                    node.set_label(format!("Leave out {name}"));
                });
                if out.clicked() {
                    self.picking(env).toggle(person);
                }
            }
        });
    }

    fn show_found(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let found = self.found.take();
        let all = found.as_deref().unwrap_or_default();
        let shown = self.picking(env).candidates(all);
        if shown.is_empty() && found.is_some() {
            label(ui, theme.secondary, theme.text_3, "Nobody of that name.");
        }
        let mut toggled = None;
        ScrollArea::vertical().max_height(LIST).show(ui, |ui| {
            region(ui, Role::List, "People");
            ui.spacing_mut().item_spacing.y = 0.0;
            let list = ui.scope_id();
            let id = |profile: &Profile| list.with(profile.person.id);
            let ids: Vec<Id> = shown.iter().map(|profile| id(profile)).collect();
            self.roving.take(ui, &ids, None);
            for profile in shown {
                let chosen = self.picking(env).has(profile.person.id);
                if self.row(ui, env, id(profile), profile, chosen).clicked() {
                    toggled = Some(profile.person.clone());
                }
            }
        });
        if let Some(person) = toggled {
            self.picking(env).toggle(&person);
        }
        self.found = found;
    }

    fn row(&self, ui: &mut Ui, env: &Env<'_>, id: Id, profile: &Profile, chosen: bool) -> Response {
        let theme = env.theme;
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let response = ui.interact(rect, id, self.roving.sense(id));
        let person = &profile.person;
        let state = people::presence(profile.presence).to_lowercase();
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &person.name));
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_toggled(Toggled::from(chosen));
            node.set_description(state);
        });
        self.roving.shown(ui, &response);
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let ground = match (chosen, response.hovered()) {
            (true, _) => theme.accent_soft,
            (false, true) => theme.hover,
            (false, false) => theme.surface_raised,
        };
        ui.painter().rect_filled(rect, theme.radius, ground);
        let middle = rect.center().y;
        let face = pos2(rect.left() + space::S + 12.0, middle);
        let face = Rect::from_center_size(face, Vec2::splat(24.0));
        paint_avatar(ui.painter(), theme, person, face);
        paint_presence(ui.painter(), theme, profile.presence, face, ground);
        let left = face.right() + space::M;
        let right = rect.right() - 32.0;
        let name = line(ui, theme.body, theme.text, &person.name, right - left);
        let at = pos2(left, middle - name.size().y / 2.0);
        let status_left = left + name.size().x + space::M;
        ui.painter().galley(at, name, theme.text);
        let token = theme.secondary;
        let status = line(
            ui,
            token,
            theme.text_3,
            &profile.status_text,
            right - status_left,
        );
        let at = pos2(status_left, middle - status.size().y / 2.0);
        ui.painter().galley(at, status, theme.text_3);
        if chosen {
            let mark = pos2(rect.right() - space::L, middle);
            let mark = Rect::from_center_size(mark, Vec2::splat(16.0));
            icons::paint(ui.painter(), mark, 16.0, Icon::Check, theme.accent_text);
        }
        inner_focus_ring(ui, theme, &response);
        response
    }
}
