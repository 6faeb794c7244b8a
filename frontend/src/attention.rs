//! Whether somebody sits in front of the page, and has done something with it.

use std::cell::Cell;

use crate::browser;

thread_local! {
    static MOVED: Cell<bool> = const { Cell::new(false) };
    static ATTENDED: Cell<f64> = const { Cell::new(0.0) };
}

/// A page that nobody has touched for so long is not attended to.
const ATTENTION_MS: f64 = 15.0 * 60_000.0;

/// The reader has done something: from now on, new headings take the focus. Before, the browser's own start is right.
pub(crate) fn was_moved() {
    MOVED.set(true);
}

/// Whether the reader has done something.
pub(crate) fn is_moved() -> bool {
    MOVED.get()
}

/// The reader touches the page now.
pub(crate) fn is_here() {
    ATTENDED.set(browser::ticks());
}

/// Whether somebody sits in front of the page.
pub(crate) fn is_attended() -> bool {
    browser::ticks() - ATTENDED.get() < ATTENTION_MS
}
