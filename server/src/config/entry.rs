//! Whom the server lets in, as operators write it.

use serde::Deserialize;
use shared::account::Registration;

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum WhoRegisters {
    /// Everyone who reaches the server.
    Open,
    /// Whoever has an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

/// Something that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Switch {
    On,
    Off,
}

impl From<WhoRegisters> for Registration {
    fn from(who: WhoRegisters) -> Self {
        match who {
            WhoRegisters::Open => Self::Open,
            WhoRegisters::Invitation => Self::Invitation,
            WhoRegisters::Closed => Self::Closed,
        }
    }
}

impl Switch {
    pub(super) fn is_on(self) -> bool {
        self == Self::On
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Settings;
    use super::super::tests::parse;
    use super::*;

    #[test]
    fn who_is_let_in_comes_from_any_place_or_stays_as_it_is() {
        let config = parse(&[]).complete(1024);
        assert_eq!((config.registration, config.guests), (None, None));
        let file = "registration = 'closed'\nguests = 'on'";
        let file = || toml::from_str::<Settings>(file).unwrap();
        let config = parse(&["--registration", "open"]).or(file()).complete(1024);
        assert_eq!(config.registration, Some(Registration::Open));
        assert_eq!(config.guests, Some(true));
        let config = parse(&["--guests", "off"]).or(file()).complete(1024);
        assert_eq!(config.registration, Some(Registration::Closed));
        assert_eq!(config.guests, Some(false));
        for wrong in ["registration = 'opne'", "guests = 'maybe'"] {
            assert!(toml::from_str::<Settings>(wrong).is_err(), "{wrong}");
        }
    }
}
