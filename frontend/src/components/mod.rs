//! What pages are made of.
//!
//! Most are plain functions that give an [`AnyView`]: each is compiled once, however many pages use it, which keeps the
//! programs small. For the same reason, elements are of one type ([`mod@element`]), and what changes goes through few:
//! [`Place`], [`Watched`], [`changing`] and [`attribute`].

pub(crate) mod approving;
pub(crate) mod code;
pub(crate) mod cures;
pub(crate) mod deciding;
pub(crate) mod dialog;
pub(crate) mod element;
pub(crate) mod explained;
pub(crate) mod export;
pub(crate) mod form;
pub(crate) mod html;
pub(crate) mod load;
pub(crate) mod person;
pub(crate) mod person_change;
pub(crate) mod roles;
pub(crate) mod words;

use std::borrow::Cow;

pub(crate) use element::element;
pub(crate) use leptos::prelude::AnyView;
use leptos::prelude::*;

/// A text of the catalogue, or one that was put together.
pub(crate) type Words = Cow<'static, str>;

/// Draws something once.
pub(crate) type Draw = Box<dyn FnOnce() -> AnyView>;

/// A part of a page that is drawn anew when a [`Watched`] value that it read changes.
pub(crate) fn changing(draw: impl FnMut() -> AnyView + Send + 'static) -> AnyView {
    let draw: Box<dyn FnMut() -> AnyView + Send> = Box::new(draw);
    draw.into_any()
}

/// The value of an attribute that changes; none where the attribute is absent.
pub(crate) type Attribute = Box<dyn FnMut() -> Option<String> + Send>;

/// An attribute that follows the [`Watched`] values that it reads.
pub(crate) fn attribute(value: impl FnMut() -> Option<String> + Send + 'static) -> Attribute {
    Box::new(value)
}

/// A value of a page or of the whole program: who reads it while drawing is drawn anew when it changes.
pub(crate) struct Watched<T: 'static> {
    value: StoredValue<T, LocalStorage>,
    changed: Trigger,
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Watched<T> {}

impl<T: PartialEq> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: StoredValue::new_local(value), changed: Trigger::new() }
    }

    /// Reads it, to be drawn anew when it changes.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        self.changed.track();
        self.value.with_value(read)
    }

    /// Reads it once.
    pub(crate) fn peek<U>(self, read: impl FnOnce(&T) -> U) -> U {
        self.value.with_value(read)
    }

    /// Reads it once, if the page is still there.
    pub(crate) fn try_peek<U>(self, read: impl FnOnce(&T) -> U) -> Option<U> {
        self.value.try_with_value(read)
    }

    /// Sets it; what equals the value before changes nothing. Without effect where the page is gone.
    pub(crate) fn set(self, value: T) {
        let changed = self.value.try_update_value(|before| {
            let differs = *before != value;
            if differs {
                *before = value;
            }
            differs
        });
        if changed == Some(true) {
            self.changed.notify();
        }
    }

    /// Sets it for who reads it from now on; nothing is drawn anew.
    pub(crate) fn replace(self, value: T) {
        self.value.try_set_value(value);
    }
}

/// A place of a page whose content is drawn when there is something to show.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    drawing: StoredValue<Option<Draw>, LocalStorage>,
    changed: Trigger,
}

impl Place {
    /// An empty place.
    pub(crate) fn new() -> Self {
        Self { drawing: StoredValue::new_local(None), changed: Trigger::new() }
    }

    /// Shows this instead. Without effect where the page is gone, whose reader wants it no more.
    pub(crate) fn show(self, draw: impl FnOnce() -> AnyView + 'static) {
        self.show_boxed(Box::new(draw));
    }

    fn show_boxed(self, draw: Draw) {
        if self.drawing.try_update_value(|drawing| *drawing = Some(draw)).is_some() {
            self.changed.notify();
        }
    }

    /// Shows nothing any more.
    pub(crate) fn clear(self) {
        self.show(|| ().into_any());
    }

    /// Whether the page is still there.
    pub(crate) fn is_there(self) -> bool {
        self.drawing.try_with_value(|_| ()).is_some()
    }

    /// Where it is.
    pub(crate) fn view(self) -> AnyView {
        changing(move || {
            self.changed.track();
            let drawing = self.drawing.try_update_value(Option::take).flatten();
            drawing.map_or_else(|| ().into_any(), |draw| draw())
        })
    }
}
