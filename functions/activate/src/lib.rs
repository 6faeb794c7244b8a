//! activate
