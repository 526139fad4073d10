//! Whether one is there: what one chose, and away by itself where nobody has touched the screen for long.

use shared::account::PresenceState;

/// What a person can choose to be seen as, in the order of menus.
pub const CHOICES: [PresenceState; 3] = [
    PresenceState::Online,
    PresenceState::Away,
    PresenceState::DoNotDisturb,
];

/// Nobody has touched the screen for so long.
pub const IDLE_MS: u64 = 10 * 60 * 1000;

/// What others are told of a person who chose this and was last at the screen so long ago.
pub fn told(chosen: PresenceState, idle_ms: u64) -> PresenceState {
    match chosen {
        PresenceState::Online if idle_ms >= IDLE_MS => PresenceState::Away,
        chosen => chosen,
    }
}

/// How a choice is remembered: a word, empty for the usual one.
pub fn word(chosen: PresenceState) -> &'static str {
    match chosen {
        PresenceState::Away => "away",
        PresenceState::DoNotDisturb => "busy",
        PresenceState::Online | PresenceState::Offline | PresenceState::Unknown => "",
    }
}

/// What was remembered by this word.
pub fn of_word(word: &str) -> PresenceState {
    let mut choices = CHOICES.into_iter();
    let found = choices.find(|choice| self::word(*choice) == word);
    found.unwrap_or(PresenceState::Online)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_there_goes_away_by_themselves() {
        let [online, away, busy] = CHOICES;
        for (chosen, idle_ms, shown) in [
            (online, 0, online),
            (online, IDLE_MS - 1, online),
            (online, IDLE_MS, away),
            (away, 0, away),
            (busy, IDLE_MS, busy),
        ] {
            assert_eq!(told(chosen, idle_ms), shown);
        }
    }

    #[test]
    fn choices_are_remembered() {
        for choice in CHOICES {
            assert_eq!(of_word(word(choice)), choice);
        }
        assert_eq!(of_word("open"), PresenceState::Online);
    }
}
