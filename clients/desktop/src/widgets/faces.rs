//! What avatars show beside initials: each that is drawn is noted, and drawn with the picture that it was given.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use eframe::egui::{Context, Id, TextureHandle};
use shared::PersonId;

/// Of one window.
#[derive(Clone, Default)]
struct Faces(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    pictures: HashMap<PersonId, TextureHandle>,
    /// Who was drawn since they were last taken.
    seen: HashSet<PersonId>,
}

impl Faces {
    fn of(ctx: &Context) -> Self {
        let id = Id::unique("faces");
        ctx.data_mut(|data| data.get_temp_mut_or_default::<Self>(id).clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0
            .lock()
            .expect("nobody panics while holding the faces")
    }
}

/// Somebody is drawn. Returns their picture, if there is one.
pub(super) fn see(ctx: &Context, person_id: PersonId) -> Option<TextureHandle> {
    let faces = Faces::of(ctx);
    let mut inner = faces.inner();
    inner.seen.insert(person_id);
    inner.pictures.get(&person_id).cloned()
}

/// Who was drawn since the last time. The pictures of all others are forgotten.
pub(crate) fn take_seen(ctx: &Context) -> HashSet<PersonId> {
    let faces = Faces::of(ctx);
    let mut inner = faces.inner();
    let seen = std::mem::take(&mut inner.seen);
    inner
        .pictures
        .retain(|person_id, _| seen.contains(person_id));
    seen
}

/// How somebody is to be drawn from now on. `None` for initials.
pub(crate) fn set(ctx: &Context, person_id: PersonId, picture: Option<TextureHandle>) {
    let faces = Faces::of(ctx);
    let mut inner = faces.inner();
    let is_new = match (&picture, inner.pictures.get(&person_id)) {
        (Some(new), Some(old)) => new.id() != old.id(),
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    };
    if !is_new {
        return;
    }
    match picture {
        Some(picture) => inner.pictures.insert(person_id, picture),
        None => inner.pictures.remove(&person_id),
    };
    drop(inner);
    ctx.request_repaint();
}
