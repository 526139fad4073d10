//! Where the reader of a timeline is, and how to stay there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared::Sequence;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver};
use yew::NodeRef;

/// Nearer to the end than this counts as being there.
const END_PX: i32 = 48;
/// How far below the top a place is shown that was gone to.
const MARGIN_PX: f64 = 96.0;

/// What is above, below and in sight, in pixels.
pub(super) struct Place {
    pub(super) above_px: i32,
    pub(super) below_px: i32,
    pub(super) height_px: i32,
}

#[derive(Default)]
pub(super) struct Scroller {
    node: NodeRef,
    rows: NodeRef,
    /// Whether the end of what is mounted was in sight at the last look.
    at_end: Rc<Cell<bool>>,
    sizes: RefCell<Option<Sizes>>,
}

/// Watches sizes until it is dropped.
struct Sizes {
    observer: ResizeObserver,
    _told: Closure<dyn FnMut()>,
}

impl Drop for Sizes {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl Scroller {
    pub(super) fn node(&self) -> NodeRef {
        self.node.clone()
    }

    pub(super) fn rows(&self) -> NodeRef {
        self.rows.clone()
    }

    pub(super) fn at_end(&self) -> bool {
        self.at_end.get()
    }

    pub(super) fn set_at_end(&self) {
        self.at_end.set(true);
    }

    /// Whether it has a place on the screen.
    pub(super) fn is_shown(&self) -> bool {
        self.element()
            .is_some_and(|element| element.client_height() > 0)
    }

    /// Looks where the reader is. `None` where nothing is on the screen.
    pub(super) fn place(&self) -> Option<Place> {
        let element = self.element()?;
        let height_px = element.client_height();
        if height_px == 0 {
            return None;
        }
        let above_px = element.scroll_top();
        let below_px = element.scroll_height() - above_px - height_px;
        self.at_end.set(below_px <= END_PX);
        Some(Place {
            above_px,
            below_px,
            height_px,
        })
    }

    pub(super) fn to_end(&self) {
        if let Some(element) = self.element() {
            element.set_scroll_top(element.scroll_height());
            self.at_end.set(true);
        }
    }

    /// Shows the element near the top, or the end where it is not there.
    pub(super) fn to(&self, target: Option<Element>) {
        let (Some(scroller), Some(target)) = (self.element(), target) else {
            return self.to_end();
        };
        let offset = top(&target) - top(&scroller) - MARGIN_PX;
        scroller.set_scroll_top(scroller.scroll_top() + offset as i32);
        let _ = self.place();
    }

    /// The row of a message, if it is mounted.
    pub(super) fn row(&self, sequence: Sequence) -> Option<Element> {
        let rows = self.rows.cast::<Element>()?;
        rows.query_selector(&format!("[data-row=\"{sequence}\"]"))
            .ok()?
    }

    /// While the end is in sight it stays in sight, whatever changes its size: a taller composer, a keyboard, an
    /// image.
    pub(super) fn follow_sizes(&self) {
        let (Some(element), Some(rows)) = (self.element(), self.rows.cast::<Element>()) else {
            return;
        };
        let (at_end, scroller) = (self.at_end.clone(), element.clone());
        let told = Closure::<dyn FnMut()>::new(move || {
            if at_end.get() {
                scroller.set_scroll_top(scroller.scroll_height());
            }
        });
        if let Ok(observer) = ResizeObserver::new(told.as_ref().unchecked_ref()) {
            observer.observe(&element);
            observer.observe(&rows);
            let sizes = Sizes {
                observer,
                _told: told,
            };
            *self.sizes.borrow_mut() = Some(sizes);
        }
    }

    fn element(&self) -> Option<Element> {
        self.node.cast::<Element>()
    }
}

/// A row that is in sight, and where.
pub(super) struct Anchor {
    row: Element,
    offset: f64,
}

impl Anchor {
    /// The first row that begins in sight, which is the one that a reader looks at.
    pub(super) fn here(scroller: &Scroller) -> Option<Self> {
        let edge = top(&scroller.element()?);
        let rows = scroller.rows.cast::<Element>()?.children();
        let rows = (0..rows.length()).filter_map(|index| rows.item(index));
        let row = rows
            .into_iter()
            .find(|row| top(row) >= edge && row.has_attribute("data-row"))?;
        let offset = top(&row) - edge;
        Some(Self { row, offset })
    }

    /// Puts the row back to its place, if it is still mounted.
    pub(super) fn restore(self, scroller: &Scroller) {
        let Some(element) = scroller.element().filter(|_| self.row.is_connected()) else {
            return;
        };
        let moved = top(&self.row) - top(&element) - self.offset;
        if moved.abs() >= 1.0 {
            element.set_scroll_top(element.scroll_top() + moved.round() as i32);
        }
    }
}

fn top(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}
