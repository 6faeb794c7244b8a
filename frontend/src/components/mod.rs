//! What pages are made of.
//!
//! Most are plain functions that give an [`AnyView`]: each is compiled once, however many pages use it, which keeps the
//! program small.

pub(crate) mod cures;
pub(crate) mod dialog;
pub(crate) mod explained;
pub(crate) mod form;
pub(crate) mod html;
pub(crate) mod load;
pub(crate) mod words;

use std::borrow::Cow;

pub(crate) use leptos::prelude::AnyView;

/// A text of the catalogue, or one that was put together.
pub(crate) type Words = Cow<'static, str>;
