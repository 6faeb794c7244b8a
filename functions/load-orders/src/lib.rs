//! `load-orders`: loads customers, agreements, contacts and orders, row by row (ACT-01).
//!
//! - [`Loader`] judges rows against the database with the very code of the dry run ([`licensing::import`]) and writes what
//!   they say; the command line uses it directly.
//! - [`handle`] is the same over HTTP, for order systems that hold a token of scope `load`.
//!
//! Loading only stores facts. What becomes of an order is decided by `send-activation`, which the stream brings it to.

mod allowed;
mod api;
mod holding;
mod known;
mod loaded;
mod loader;
mod pipeline;

pub use allowed::Allowed;
pub use api::handle;
pub use loaded::Loaded;
pub use loader::{Loader, Options, Refused};
