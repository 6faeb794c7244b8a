//! The activation's states and every way from one to the next, at the exact second.
//!
//! Each test tells a story: orders, mails, people and the passing of time. [`Story::take`](story::Story::take) checks every step that
//! is made in any of them, and random histories check what must hold in all of them. The files are those of the rules.

mod confirmation;
mod contacts;
mod expiry;
mod histories;
mod invitation;
mod orders;
mod provisioning;
mod remap;
mod revival;
mod story;
