//! The fields of a form, what is typed into them, and what is wrong with it.

use client::present::form::{self, Kind, Values, field_of};
use client::present::sheet::Weight;
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Key, Layout, Response, Stroke, Ui};
use shared::ErrorReply;

use crate::theme::{Theme, space};
use crate::widgets::{Field, button, field, focus_ring, heading, lines_field, problem, region};

/// What is to become of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressed {
    Nothing,
    Submit,
    Cancel,
}

/// A form, and what is typed into it.
pub(crate) struct Form {
    fields: Vec<form::Field>,
    texts: Vec<String>,
    /// What is wrong, and with which field.
    problem: Option<(Option<&'static str>, String)>,
    /// Which widget is to have the keyboard: a field by its number.
    wants_focus: Option<usize>,
    /// With nothing to fill in, the keyboard begins at what does no harm.
    cancel_first: bool,
    /// Enter was pressed in a line.
    entered: bool,
}

impl Form {
    /// With what the fields hold at first. `focused` gives the first of them the keyboard.
    pub(crate) fn new(fields: &[form::Field], focused: bool) -> Self {
        Self {
            texts: fields.iter().map(|field| field.value.clone()).collect(),
            wants_focus: fields.iter().position(is_typed).filter(|_| focused),
            cancel_first: focused && !fields.iter().any(is_typed),
            fields: fields.to_vec(),
            problem: None,
            entered: false,
        }
    }

    /// What is filled in now.
    pub(crate) fn values(&self) -> Values {
        let filled = self.fields.iter().zip(&self.texts);
        let holds = |(field, text): &(&form::Field, &String)| {
            field.kind != Kind::Switch || !text.is_empty()
        };
        filled
            .filter(holds)
            .map(|(field, text)| (field.name, text.clone()))
            .collect()
    }

    /// Says why it was refused, beside the field that it is about, which gets the keyboard.
    pub(crate) fn refuse(&mut self, error: &ErrorReply) {
        let about = field_of(error.code, &self.fields);
        let is_about = |field: &form::Field| Some(field.name) == about;
        let at = self.fields.iter().position(is_about);
        self.wants_focus = at.or_else(|| self.fields.iter().position(is_typed));
        self.problem = Some((about, error.message.clone()));
    }

    fn is_filled(&self) -> bool {
        let mut filled = self.fields.iter().zip(&self.texts);
        filled.all(|(field, text)| !field.required || !text.trim().is_empty())
    }

    /// All fields, and what is wrong with none in particular.
    pub(crate) fn show_fields(&mut self, ui: &mut Ui, theme: &Theme) {
        ui.scope(|ui| {
            switch_edges(ui, theme);
            for number in 0..self.fields.len() {
                self.show_field(ui, theme, number);
            }
        });
        if let Some((None, text)) = &self.problem {
            problem(ui, theme, Some(text));
        }
    }

    /// The button that sends it and, where it can be, the one that does not.
    pub(crate) fn show_buttons(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        (action, weight): (&str, Weight),
        waits: bool,
        align: Align,
    ) -> Pressed {
        let ready = !waits && self.is_filled();
        let entered = std::mem::take(&mut self.entered) && ready;
        let layout = match align {
            Align::Max => Layout::right_to_left(Align::Min),
            Align::Min | Align::Center => Layout::left_to_right(Align::Min),
        };
        let pressed = ui.with_layout(layout, |ui| {
            let submit = ui.add_enabled_ui(ready, |ui| button(ui, theme, weight, action));
            let cancel = (align == Align::Max).then(|| button(ui, theme, Weight::Plain, "Cancel"));
            if let Some(cancel) = &cancel
                && self.cancel_first
                && ui.is_enabled()
                && !ui.is_sizing_pass()
            {
                cancel.request_focus();
                self.cancel_first = false;
            }
            if submit.inner.clicked() {
                return Pressed::Submit;
            }
            match cancel {
                Some(cancel) if cancel.clicked() => Pressed::Cancel,
                Some(_) | None => Pressed::Nothing,
            }
        });
        match pressed.inner {
            Pressed::Nothing if entered => Pressed::Submit,
            pressed => pressed,
        }
    }

    fn show_field(&mut self, ui: &mut Ui, theme: &Theme, number: usize) {
        let about = &self.fields[number];
        let text = &mut self.texts[number];
        let wrong = match &self.problem {
            Some((Some(name), text)) if *name == about.name => Some(text.as_str()),
            Some(_) | None => None,
        };
        let id = ui.scope_id().with(about.name);
        let look = Field {
            label: &about.label,
            optional: !about.required,
            hint: &about.example,
            note: &about.hint,
            problem: wrong,
            chars_max: Some(about.chars_max).filter(|chars| *chars > 0),
            secret: matches!(about.kind, Kind::Password { .. }),
        };
        let changed = match &about.kind {
            Kind::Line { .. } | Kind::Password { .. } | Kind::Code | Kind::Number => {
                let line = field(ui, theme, id, look, text);
                let enter = ui.input(|input| input.key_pressed(Key::Enter));
                self.entered |= line.lost_focus() && enter;
                take_focus(ui, &mut self.wants_focus, number, &line);
                line.changed()
            }
            Kind::Lines => {
                let lines = lines_field(ui, theme, id, look, text);
                take_focus(ui, &mut self.wants_focus, number, &lines);
                lines.changed()
            }
            Kind::Choice(options) => choice(ui, theme, &about.label, options, text),
            Kind::Switch => {
                let mut on = !text.is_empty();
                let switch = ui.checkbox(&mut on, about.label.as_str());
                focus_ring(ui, theme, &switch);
                *text = if on { "on".into() } else { String::new() };
                switch.changed()
            }
            Kind::Fixed { .. } => false,
        };
        if changed {
            // What was wrong is being put right.
            self.problem = None;
        }
    }
}

/// Whether a keyboard belongs there.
fn is_typed(field: &form::Field) -> bool {
    match field.kind {
        Kind::Line { .. } | Kind::Password { .. } | Kind::Code | Kind::Number | Kind::Lines => true,
        Kind::Choice(_) | Kind::Switch | Kind::Fixed { .. } => false,
    }
}

fn take_focus(ui: &Ui, wanted: &mut Option<usize>, number: usize, response: &Response) {
    // While its size is measured, nothing takes the keyboard.
    if *wanted == Some(number) && ui.is_enabled() && !ui.is_sizing_pass() {
        response.request_focus();
        *wanted = None;
    }
}

/// Whether another one is chosen.
fn choice(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    options: &[(&'static str, &'static str)],
    chosen: &mut String,
) -> bool {
    let before = chosen.clone();
    ui.scope(|ui| {
        region(ui, Role::RadioGroup, name);
        ui.spacing_mut().item_spacing.y = 0.0;
        heading(ui, theme.secondary.bold(), theme.text, name, 3);
        for (value, text) in options {
            let radio = ui.radio(chosen == value, *text);
            focus_ring(ui, theme, &radio);
            if radio.clicked() {
                *chosen = (*value).to_owned();
            }
        }
    });
    *chosen != before
}

/// What can be switched gets an edge that everybody sees.
pub(crate) fn switch_edges(ui: &mut Ui, theme: &Theme) {
    let switch = &mut ui.visuals_mut().widgets.inactive;
    switch.bg_fill = theme.surface;
    switch.bg_stroke = Stroke::new(1.0, theme.text_3);
    ui.spacing_mut().icon_spacing = space::S;
}
