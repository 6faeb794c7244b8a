//! The pages of the portal, drawn in the browser.
//!
//! There are two programs: [`portal`] has all pages that a person comes to by signing in, [`link`] only those behind mailed
//! links, so that these are there at once also on a slow line. Both talk to the functions through `client`, to the browser
//! through `browser`, and take every text from `messages`.

#![allow(clippy::needless_pass_by_value, reason = "views take what they show")]

mod browser;
mod client;
mod components;
mod frame;
mod json;
mod mailed;
mod messages;
mod pages;
mod portal;
mod route;

/// Begins the portal.
pub fn portal() {
    portal::begin();
}

/// Begins the page behind a mailed link.
pub fn link() {
    mailed::begin();
}
