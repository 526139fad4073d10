//! Whom a text mentions, as far as this page knows people.

use std::ops::Range;

use litemap::LiteMap;
use shared::RoomId;
use shared::mentions;
use shared::names::key;

use crate::driver::Driver;

/// Keys of names, and whether each means oneself.
pub(crate) struct Known(LiteMap<String, bool>);

/// Who may be mentioned in the room; `None` where the text mentions nobody.
pub(crate) fn known(driver: &Driver, room_id: RoomId, text: &str) -> Option<Known> {
    if !text.contains('@') {
        return None;
    }
    Some(driver.view(|view| {
        let room = view.rooms.get(&room_id);
        let members = room.and_then(|room| room.members.as_ref());
        let members = members.into_iter().flat_map(|members| &members.listed);
        let mut people = LiteMap::new();
        for member in members {
            people.insert(key(&member.person.name), false);
        }
        for present in view.presence.people.values() {
            people.insert(key(&present.person.name), false);
        }
        if let Some(own) = &view.person {
            people.insert(key(&own.name), true);
        }
        Known(people)
    }))
}

impl Known {
    /// Where the text mentions somebody, and whether that is oneself.
    pub(crate) fn find(&self, text: &str) -> Vec<(Range<usize>, bool)> {
        mentions::find(text, |key| match mentions::is_everyone(key) {
            true => Some(true),
            false => self.0.get(key).copied(),
        })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn people() -> Known {
        Known(LiteMap::from_iter([
            ("ann".into(), true),
            ("bob".into(), false),
        ]))
    }

    #[test]
    fn oneself_is_told_from_others() {
        shared::names::set_key(crate::text::order::key);
        let text = "hello @Ann and @bob, not x@ann";
        assert_eq!(people().find(text), [(6..10, true), (15..19, false)]);
        assert_eq!(people().find("@all"), [(0..4, true)]);
    }
}
