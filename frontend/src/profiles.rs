//! Pictures of people, as far as they are known: asked for once, a few at a time, and only of those in sight.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use litemap::LiteMap;
use shared::account::Profile;
use shared::{ClientFrame, PersonId, RequestId, ServerFrame};
use yew::{AttrValue, Callback};

use crate::driver::Driver;

/// People who are asked for in the life of a page, at most.
const ASKED_MAX: usize = 500;

/// A handle to what is known; it is another one after each change.
#[derive(Clone)]
pub(crate) struct Profiles {
    inner: Rc<Inner>,
    version: u32,
}

struct Inner {
    driver: Driver,
    /// The link of the picture, where there is one; of everybody who was asked for.
    pictures: RefCell<LiteMap<PersonId, Option<AttrValue>>>,
    wanted: RefCell<VecDeque<PersonId>>,
    asking: Cell<bool>,
    version: Cell<u32>,
    changed: Callback<u32>,
}

impl PartialEq for Profiles {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner) && self.version == other.version
    }
}

impl Profiles {
    /// `changed` is told the version that is to be shown.
    pub(crate) fn new(driver: Driver, changed: Callback<u32>) -> Self {
        let inner = Inner {
            driver,
            pictures: RefCell::default(),
            wanted: RefCell::default(),
            asking: Cell::new(false),
            version: Cell::new(0),
            changed,
        };
        Self {
            inner: Rc::new(inner),
            version: 0,
        }
    }

    /// The same, to be told apart from what it was before.
    pub(crate) fn at(&self, version: u32) -> Self {
        Self {
            inner: self.inner.clone(),
            version,
        }
    }

    pub(crate) fn picture(&self, person_id: PersonId) -> Option<AttrValue> {
        self.inner.pictures.borrow().get(&person_id).cloned()?
    }

    /// Asks for somebody, unless that was done.
    pub(crate) fn want(&self, person_id: PersonId) {
        let inner = &self.inner;
        let known = inner.pictures.borrow().contains_key(&person_id);
        let full = inner.pictures.borrow().len() >= ASKED_MAX;
        if known || full || inner.wanted.borrow().contains(&person_id) {
            return;
        }
        inner.wanted.borrow_mut().push_back(person_id);
        ask_next(inner);
    }

    /// Takes note of what was heard of somebody.
    pub(crate) fn learn(&self, profile: &Profile) {
        learn(&self.inner, profile);
    }
}

fn ask_next(inner: &Rc<Inner>) {
    if inner.asking.get() {
        return;
    }
    let Some(person_id) = inner.wanted.borrow_mut().pop_front() else {
        return;
    };
    inner.asking.set(true);
    let then = inner.clone();
    let request_id = RequestId::default();
    let describe = ClientFrame::DescribePerson {
        request_id,
        person_id,
    };
    inner.driver.ask(describe, move |answer| {
        then.asking.set(false);
        match answer {
            Ok(ServerFrame::ProfileDescribed { profile, .. }) => learn(&then, &profile),
            // Whoever is gone has no picture; after a lost connection the next who is wanted tries again.
            Ok(_) => {}
            Err(_) => return then.wanted.borrow_mut().clear(),
        }
        ask_next(&then);
    });
}

fn learn(inner: &Rc<Inner>, profile: &Profile) {
    let picture = profile.avatar.clone().map(AttrValue::from);
    let before = inner
        .pictures
        .borrow_mut()
        .insert(profile.person.id, picture.clone());
    if before.flatten() != picture {
        inner.version.set(inner.version.get() + 1);
        inner.changed.emit(inner.version.get());
    }
}
