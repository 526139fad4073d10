//! Says when one is not connected, and when it is tried again. Nothing when all is well.

use std::time::Duration;

use client::present::words;
use client::{Command, ConnectionState};
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Layout, Rect, Sense, Ui, UiBuilder, Vec2, vec2};
use native::FailureKind;

use super::Env;
use crate::connect::progress;
use crate::theme::space;
use crate::widgets::{line, link_button, live, region};

const HEIGHT: f32 = 30.0;
/// What is over in a moment is not worth a line that comes and goes. In seconds.
const GRACE: f64 = 0.4;

#[derive(Default)]
pub(super) struct ConnectionBar {
    /// Since when there is something to say, by egui's clock.
    since: Option<f64>,
}

impl ConnectionBar {
    /// Lies over the upper edge of `rect`, so that nothing moves when it comes and goes.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, rect: Rect) {
        let now = env.handle.now();
        let (text, waits, turn_ms) = env.view(|view| {
            let turn_ms = match &view.connection {
                ConnectionState::Waiting { until, .. } => Some(until.since_ms(now) % 1000 + 1),
                ConnectionState::SignedOut { .. }
                | ConnectionState::Connecting
                | ConnectionState::Greeting { .. }
                | ConnectionState::Online => None,
            };
            let text = words::connection(&view.connection, now);
            // What a person has to do something about is not left to the tooltip.
            let text = text.map(|text| distrust(env).unwrap_or(text));
            (text, turn_ms.is_some(), turn_ms)
        });
        let Some(text) = text else {
            self.since = None;
            return;
        };
        let time = ui.input(|input| input.time);
        let left = self.since.get_or_insert(time).to_owned() + GRACE - time;
        if left > 0.0 {
            ui.request_repaint_after(Duration::from_secs_f64(left));
            return;
        }
        if let Some(ms) = turn_ms {
            // The next second begins; never more often than twice in one.
            ui.request_repaint_after(Duration::from_millis(ms.max(500)));
        }
        let bar = Rect::from_min_size(rect.min, vec2(rect.width(), HEIGHT));
        let layout = Layout::left_to_right(Align::Center);
        let builder = UiBuilder::new().max_rect(bar).layout(layout);
        ui.scope_builder(builder, |ui| fill(ui, env, bar, &text, waits));
    }
}

fn distrust(env: &Env<'_>) -> Option<String> {
    let failure = env.handle.last_failure()?;
    (failure.kind == FailureKind::Untrusted)
        .then(|| progress::distrust(env.server, &failure.reason))
}

fn fill(ui: &mut Ui, env: &Env<'_>, bar: Rect, text: &str, waits: bool) {
    let theme = env.theme;
    region(ui, Role::Group, "Connection");
    let ground = ui.interact(bar, ui.scope_id().with("ground"), Sense::CLICK);
    ui.painter().rect_filled(bar, 0.0, theme.warning_soft);
    let colour = theme.warning_text;
    let galley = line(ui, theme.secondary, colour, text, bar.width() - 120.0);
    let retry = line(ui, theme.secondary.bold(), colour, "Retry now", bar.width());
    let mut width = 16.0 + galley.size().x;
    if waits {
        width += space::S + retry.size().x;
    }
    ui.spacing_mut().item_spacing.x = space::S;
    ui.add_space(((bar.width() - width) / 2.0).max(space::L));
    let (dot, _) = ui.allocate_exact_size(Vec2::splat(8.0), Sense::hover());
    ui.painter().circle_filled(dot.center(), 4.0, theme.warning);
    let (rect, said) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, colour);
    live(&said, Role::Status, text);
    if waits && link_button(ui, theme, theme.secondary, colour, "Retry now").clicked() {
        // Does nothing unless it waits.
        let _ = env.handle.command(Command::ConnectNow);
    }
    if let Some(reason) = env.handle.last_failure().map(|failure| failure.reason) {
        ground.on_hover_text(&reason);
        said.on_hover_text(reason);
    }
}
