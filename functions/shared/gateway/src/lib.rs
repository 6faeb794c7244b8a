//! The only place that knows HTTP-in-Lambda: starting, requests, sessions, answers, streams.
//!
//! A function is `handle(&App, Request) -> Response`, or takes a stream's records or a schedule's event; its `main` hands
//! that to [`boot`]. Time and chance enter here and nowhere else.

pub mod answer;
pub mod app;
pub mod boot;
pub mod conflict;
mod deadline;
pub mod front;
pub mod log;
pub mod request;
pub mod rights;
pub mod session;
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;

pub use answer::{ApiError, Response};
pub use app::{App, Chance, Clock, Keys, Site};
pub use conflict::Conflict;
pub use request::Request;
pub use session::Who;
pub use store::optimistic;
