//! The pages of the portal, drawn in the browser.
//!
//! There are five programs: [`portal()`] has the pages that a person comes to by signing in, [`people()`] those on which users are
//! managed, [`link()`] only the one behind an activation link, [`mailed()`] those behind links that prove an address, [`decide()`]
//! those behind links to a decision, so that these are there at once also on a slow line. All talk to the functions through
//! `client`, to the browser through `browser`, and take every text from `messages`.

#![allow(clippy::needless_pass_by_value, reason = "views take what they show")]

mod app;
mod attention;
mod behind;
mod browser;
mod client;
mod components;
mod frame;
mod json;
mod mailed;
mod managing;
mod messages;
mod pages;
mod permissions;
mod portal;
mod route;

/// Begins the portal.
pub fn portal() {
    portal::begin();
}

/// Begins the pages on which users are managed.
pub fn people() {
    managing::begin();
}

/// Begins the page behind an activation link.
pub fn link() {
    mailed::begin_activation();
}

/// Begins the page behind a mailed link that proves an address: to sign in, or to add it.
pub fn mailed() {
    mailed::begin_proof();
}

/// Begins the page behind a mailed link to a decision: a request to join, a request for permission.
pub fn decide() {
    mailed::begin_decision();
}
