//! Forms as every screen shows them: fields as values, what was filled in, and which field a refusal is about.

use shared::ErrorCode;

const NAME_ERRORS: [ErrorCode; 3] = [
    ErrorCode::InvalidName,
    ErrorCode::NameTaken,
    ErrorCode::RoomNameTaken,
];

/// What kind of answer a field takes. `autocomplete` is a word of the HTML standard, for password managers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Line { autocomplete: &'static str },
    /// One line that nobody else sees.
    Password { autocomplete: &'static str },
    /// The six digits of a second factor.
    Code,
    /// Digits.
    Number,
    /// Several lines.
    Lines,
    /// One of these: what is sent, and what is shown.
    Choice(Vec<(&'static str, &'static str)>),
    /// Yes or no.
    Switch,
    /// Sent as it is, and not shown; password managers read it.
    Fixed { autocomplete: &'static str },
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// By which its value is found.
    pub name: &'static str,
    pub label: String,
    pub kind: Kind,
    /// What it holds at first. A switch is on where it holds anything.
    pub value: String,
    /// What is shown while it is empty.
    pub example: String,
    /// What one should know before filling it in.
    pub hint: String,
    /// Characters, at most; 0 for no bound.
    pub chars_max: usize,
    pub required: bool,
}

impl Field {
    /// A required one that is empty.
    pub fn new(name: &'static str, label: impl Into<String>, kind: Kind) -> Self {
        Self {
            name,
            label: label.into(),
            kind,
            value: String::new(),
            example: String::new(),
            hint: String::new(),
            chars_max: 0,
            required: true,
        }
    }

    /// A line that browsers have nothing to offer for.
    pub fn line(name: &'static str, label: impl Into<String>) -> Self {
        let autocomplete = "off";
        Self::new(name, label, Kind::Line { autocomplete })
    }

    /// Yes or no.
    pub fn switch(name: &'static str, label: impl Into<String>, on: bool) -> Self {
        let value = if on { "on" } else { "" };
        Self::new(name, label, Kind::Switch).value(value).optional()
    }

    /// With what it holds at first.
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With what is shown while it is empty.
    pub fn example(mut self, example: impl Into<String>) -> Self {
        self.example = example.into();
        self
    }

    /// With what one should know before filling it in.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With at most so many characters.
    pub fn chars_max(mut self, chars_max: usize) -> Self {
        self.chars_max = chars_max;
        self
    }

    /// May stay empty.
    pub fn optional(mut self) -> Self {
        self.required = false;
        self
    }
}

/// What was filled in, by the names of the fields. A switch that is off has no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Vec<(String, String)>);

impl<N: Into<String>> FromIterator<(N, String)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, String)>>(values: I) -> Self {
        let values = values.into_iter();
        Self(values.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl Values {
    /// As it was typed; empty where there is no such field.
    pub fn raw(&self, name: &str) -> String {
        self.value(name).unwrap_or_default().to_owned()
    }

    /// Without white space around it.
    pub fn text(&self, name: &str) -> String {
        self.raw(name).trim().to_owned()
    }

    /// `None` where nothing was filled in.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// `None` where it is no whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// Of a switch.
    pub fn is_on(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter();
        let found = values.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The name of the field that a refusal is about, if it is one of these.
pub fn field_of(code: ErrorCode, fields: &[Field]) -> Option<&'static str> {
    let names: &[&'static str] = match code {
        _ if NAME_ERRORS.contains(&code) => &["name"],
        // A new password has a field of its own only where the old one is asked for as well.
        ErrorCode::WeakPassword => &["new", "password"],
        ErrorCode::WrongCredentials => &["password"],
        ErrorCode::SecondFactorNeeded => &["code"],
        _ => &[],
    };
    let has = |name: &&&str| fields.iter().any(|field| field.name == **name);
    names.iter().find(has).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_where_it_can_be_put_right() {
        let field = |name| Field::line(name, "");
        let both = [field("password"), field("new")];
        let cases = [
            (ErrorCode::NameTaken, &[field("name")][..], Some("name")),
            (ErrorCode::NameTaken, &both[..], None),
            (ErrorCode::WeakPassword, &both[..], Some("new")),
            (ErrorCode::WeakPassword, &both[..1], Some("password")),
            (ErrorCode::WrongCredentials, &both[..], Some("password")),
            (ErrorCode::RoomNotFound, &both[..], None),
        ];
        for (code, fields, name) in cases {
            assert_eq!(field_of(code, fields), name, "{code:?}");
        }
    }

    #[test]
    fn values_are_read_as_they_are_meant() {
        let values = [
            ("name", " Ann "),
            ("count", " 12 "),
            ("empty", "  "),
            ("on", "on"),
        ];
        let values: Values = values
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        assert_eq!(values.raw("name"), " Ann ");
        assert_eq!(values.text("name"), "Ann");
        assert_eq!(values.given("empty"), None);
        assert_eq!(values.given("nowhere"), None);
        assert_eq!(values.number("count"), Some(12));
        assert_eq!(values.number("name"), None);
        assert!(values.is_on("on") && !values.is_on("off"));
    }
}
