//! Who is told of which change. Changes are gathered and told at most once per drawn frame, so that a burst of
//! events costs one drawing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use client::Change;
use gloo_timers::callback::Timeout;

/// About one frame of a screen.
const GATHER_MS: u32 = 16;

type Wants = dyn Fn(&Change) -> bool;
type Tell = dyn Fn(&Change);

#[derive(Clone)]
struct Watcher {
    id: u64,
    wants: Rc<Wants>,
    tell: Rc<Tell>,
}

#[derive(Default)]
struct Shared {
    watchers: RefCell<Vec<Watcher>>,
    last_id: Cell<u64>,
    noted: RefCell<Vec<Change>>,
    /// Set while changes are gathered after some were told.
    gathering: Cell<bool>,
}

#[derive(Default)]
pub(super) struct Watchers(Rc<Shared>);

/// Ends with its drop.
pub(crate) struct Watch {
    id: u64,
    shared: Rc<Shared>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watchers = self.shared.watchers.borrow_mut();
        watchers.retain(|watcher| watcher.id != self.id);
    }
}

impl Watchers {
    pub(super) fn add(
        &self,
        wants: impl Fn(&Change) -> bool + 'static,
        tell: impl Fn(&Change) + 'static,
    ) -> Watch {
        let id = self.0.last_id.get() + 1;
        self.0.last_id.set(id);
        self.0.watchers.borrow_mut().push(Watcher {
            id,
            wants: Rc::new(wants),
            tell: Rc::new(tell),
        });
        Watch {
            id,
            shared: self.0.clone(),
        }
    }

    /// Remembers a change; the same one twice is told once.
    pub(super) fn note(&self, change: Change) {
        let mut noted = self.0.noted.borrow_mut();
        if !noted.iter().any(|other| change.repeats(other)) {
            noted.push(change);
        }
    }

    /// Tells now, or, where some were told just now, at the end of this frame.
    pub(super) fn tell_soon(&self) {
        if !self.0.gathering.get() && !self.0.noted.borrow().is_empty() {
            tell(&self.0);
        }
    }
}

fn tell(shared: &Rc<Shared>) {
    shared.gathering.set(true);
    let again = shared.clone();
    Timeout::new(GATHER_MS, move || {
        again.gathering.set(false);
        if !again.noted.borrow().is_empty() {
            tell(&again);
        }
    })
    .forget();
    let changes = std::mem::take(&mut *shared.noted.borrow_mut());
    // Copies, because whoever is told may watch more or less.
    let watchers = shared.watchers.borrow().clone();
    for watcher in watchers {
        for change in changes.iter().filter(|change| (watcher.wants)(change)) {
            (watcher.tell)(change);
        }
    }
}
