//! Where the panes are, and how the keyboard gets from one to the next.

use eframe::egui::{self, Id, LayerId, Rect};

/// A part of the window that is entered as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Sidebar,
    Timeline,
    Composer,
    Details,
    /// In place of a room.
    Page,
}

/// Which way the panes are gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    On,
    Back,
}

/// Those that were shown last, in the order of reading. What lies over others comes last.
#[derive(Debug, Default)]
pub(super) struct Panes {
    shown: Vec<(Pane, LayerId, Rect)>,
}

impl Panes {
    pub(super) fn clear(&mut self) {
        self.shown.clear();
    }

    pub(super) fn add(&mut self, pane: Pane, layer: LayerId, rect: Rect) {
        self.shown.push((pane, layer, rect));
    }

    /// The panes to try in turn from where the keyboard is, without that one.
    pub(super) fn others(&self, ctx: &egui::Context, step: Step) -> Vec<Pane> {
        let count = self.shown.len();
        let at = self.focused(ctx);
        let steps = (1..=count).map(|step_count| match (at, step) {
            (Some(at), Step::On) => (at + step_count) % count,
            (Some(at), Step::Back) => (at + count - step_count) % count,
            (None, Step::On) => step_count - 1,
            (None, Step::Back) => count - step_count,
        });
        let others = steps.filter(|index| Some(*index) != at);
        others.map(|index| self.shown[index].0).collect()
    }

    fn focused(&self, ctx: &egui::Context) -> Option<usize> {
        let id = ctx.memory(|memory| memory.focused())?;
        let widget = ctx.read_response(id)?;
        let holds = |(_, layer, rect): &(Pane, LayerId, Rect)| {
            *layer == widget.layer_id && rect.contains(widget.rect.center())
        };
        self.shown.iter().rposition(holds)
    }

    /// The widgets of a pane that take the keyboard, in the order of reading.
    pub(super) fn stops(&self, ctx: &egui::Context, pane: Pane) -> Vec<Id> {
        let Some((_, layer, rect)) = self.shown.iter().find(|(other, ..)| *other == pane) else {
            return Vec::new();
        };
        ctx.viewport(|viewport| {
            let widgets = viewport.prev_pass.widgets.get_layer(*layer);
            let stops = widgets.filter(|widget| {
                widget.enabled
                    && widget.visible
                    && widget.sense.is_focusable()
                    && widget.interact_rect.is_positive()
                    && rect.contains(widget.interact_rect.center())
            });
            stops.map(|widget| widget.id).collect()
        })
    }
}
